// For the tests of Session: one session under test with all it needs, and a client for it that is
// libnghttp2's, without sockets. Raw frames can be fed beside it.

#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http2/session.h"
#include "immudb/bytes.h"
#include "rpc/call.h"

namespace immudb::http2 {

using FieldList = std::vector<std::pair<std::string, std::string>>;

// Serves /t.T/Echo and /t.T/Stream (made by `make_stream`) at once, keeps calls to /t.T/Hold, and
// has no memory for /t.T/Costly.
class TestDispatcher : public rpc::Dispatcher {
 public:
  std::variant<Method, rpc::RpcStatus> Find(std::string_view path) const override;
  const rpc::Metadata& initial_metadata() const override { return initial; }
  void Start(Method method, std::unique_ptr<rpc::Call> call) override;

  // Strangers, who send no field "authorization", may send small requests only.
  Admission Admit(Method method, const rpc::Metadata& metadata,
                  const rpc::Peer& peer) const override;

  rpc::Metadata initial = {{"server-id", "7"}};
  bool knows_strangers = false;
  mutable int asked_to_admit = 0;
  std::vector<std::unique_ptr<rpc::Call>> held;
  std::function<std::unique_ptr<rpc::MessageStream>()> make_stream;
  int started = 0;
};

struct Response {
  FieldList head;  // With trailers-only answers, everything.
  FieldList trailers;
  std::string body;
  bool head_is_all = false;                // The head ended the stream.
  std::optional<std::uint32_t> closed_as;  // The error code of the stream's end.

  std::string Field(std::string_view name) const;         // Of the head or the trailers.
  std::string TrailerField(std::string_view name) const;  // Of the trailers alone.
  std::string status() const { return Field("grpc-status"); }
  std::string message() const { return Field("grpc-message"); }
};

// `text` as a message of gRPC.
std::string Framed(std::string_view text, std::uint8_t flags = 0);

// One frame of HTTP/2, as bytes.
std::string RawFrame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                     std::string_view payload);
// One header field, as HPACK's literal without indexing.
std::string RawField(std::string_view name, std::string_view value);
// A block with the fields every call has.
std::string RawCallFields(std::string_view path);
// What a client sends first: the preface and empty SETTINGS.
std::string RawPreface();

class ClientPeer : public SessionHost {
 public:
  ClientPeer();
  ~ClientPeer() override;
  ClientPeer(const ClientPeer&) = delete;
  ClientPeer& operator=(const ClientPeer&) = delete;

  // Starts the session and, unless raw frames are to be fed, the client. `limits` and the ledgers
  // may be changed before.
  void Start();
  void StartRaw();

  // Starts a call with `body` and the end of the stream after it; `fields` follow the usual ones,
  // or replace them if they begin with ":method". Returns the stream's id.
  std::int32_t Call(std::string_view path, std::string_view body, FieldList fields = {});
  // The same but leaves the request open.
  std::int32_t OpenCall(std::string_view path, std::string_view body, FieldList fields = {});
  void SendMore(std::int32_t id, std::string_view body, bool is_last);

  // Moves bytes both ways until nothing moves, as if both sockets always had room.
  void Exchange();
  // Moves only what the client has to say.
  void ExchangeToServer();

  // Call, Exchange and the response.
  Response Answered(std::string_view path, std::string_view body, FieldList fields = {});

  void Feed(std::string_view bytes);
  // Everything the session has to say, as bytes; for raw frames.
  std::string TakeOutput();
  // The types of the frames in `bytes`.
  static std::vector<std::uint8_t> FrameTypes(std::string_view bytes);

  // One second passes, with its Tick.
  void Second();
  void AdvanceMs(std::int64_t ms);

  void OnSessionOutput() override { has_output = true; }

  FakeClock clock;
  Limits limits;
  TestDispatcher dispatcher;
  TimerWheel wheel{0};
  InflationBudget inflation{clock};
  std::size_t call_ledger_bytes = 32U << 20;
  std::size_t ledger_bytes = 32U << 20;
  std::shared_ptr<ByteLedger> call_bytes;
  std::shared_ptr<ByteLedger> request_bytes;
  std::optional<ByteLedger> reply_bytes;
  std::shared_ptr<Inbox> inbox;
  int wakes = 0;
  Counters counters;
  PlainRequests plain_requests = PlainRequests::kRefuse;
  std::optional<Environment> environment;
  std::optional<Session> session;
  bool has_output = false;

  nghttp2_session* client = nullptr;
  std::uint32_t client_window_bytes = 65535;
  std::map<std::int32_t, Response> responses;
  std::vector<std::uint32_t> goaways;  // Their error codes.
  std::vector<std::int32_t> goaway_last_ids;

 private:
  friend struct ClientCallbacks;
  struct Upload {
    std::string bytes;
    bool is_last = true;
  };

  std::int32_t Submit(std::string_view path, std::string_view body, FieldList fields, bool is_last);
  bool FromClient();
  bool FromServer();

  std::map<std::int32_t, Upload> uploads_;
};

}  // namespace immudb::http2
