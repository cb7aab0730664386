#include "http2/client_peer_test.h"

#include <algorithm>
#include <array>
#include <new>

#include "base/check.h"

namespace immudb::http2 {
namespace {

constexpr std::size_t kFrameHeaderBytes = 9;

}  // namespace

std::variant<rpc::Dispatcher::Method, rpc::RpcStatus> TestDispatcher::Find(
    std::string_view path) const {
  if (path == "/t.T/Echo") return Method{.kind = rpc::MethodKind::kUnary, .row = 0};
  if (path == "/t.T/Hold") return Method{.kind = rpc::MethodKind::kUnary, .row = 1};
  if (path == "/t.T/Stream") return Method{.kind = rpc::MethodKind::kServerStream, .row = 2};
  if (path == "/t.T/Refuse") return Method{.kind = rpc::MethodKind::kUnary, .row = 3};
  if (path == "/t.T/Costly") return Method{.kind = rpc::MethodKind::kUnary, .row = 4};
  return rpc::RpcStatus{rpc::StatusCode::kUnimplemented, "unknown method " + std::string(path)};
}

rpc::Dispatcher::Admission TestDispatcher::Admit(Method /*method*/, const rpc::Metadata& metadata,
                                                 const rpc::Peer& /*peer*/) const {
  ++asked_to_admit;
  if (!knows_strangers) return {};
  for (const auto& [name, value] : metadata) {
    if (name == "authorization") return {};
  }
  return {.bytes_max = kSmallRequestBytes,
          .refusal = {rpc::StatusCode::kUnauthenticated, "who are you?"}};
}

void TestDispatcher::Start(Method method, std::unique_ptr<rpc::Call> call) {
  ++started;
  switch (method.row) {
    case 0: {
      const BytesView request = call->request();
      call->Finish({}, Bytes(request.begin(), request.end()));
      break;
    }
    case 1: held.push_back(std::move(call)); break;
    case 2: call->FinishWithStream(make_stream()); break;
    case 4: throw std::bad_alloc();
    default: call->Refuse({rpc::StatusCode::kInternal, "does not parse"});
  }
}

namespace {

std::string Find(const FieldList& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return "<absent>";
}

}  // namespace

std::string Response::Field(std::string_view name) const {
  const std::string found = Find(head, name);
  return found == "<absent>" ? Find(trailers, name) : found;
}

std::string Response::TrailerField(std::string_view name) const {
  return Find(trailers, name);
}

std::string Framed(std::string_view text, std::uint8_t flags) {
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string framed;
  framed += static_cast<char>(flags);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) framed += static_cast<char>(size >> shift);
  return framed.append(text);
}

std::string RawFrame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                     std::string_view payload) {
  std::string frame;
  for (const unsigned shift : {16U, 8U, 0U}) frame += static_cast<char>(payload.size() >> shift);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) frame += static_cast<char>(stream >> shift);
  return frame.append(payload);
}

std::string RawField(std::string_view name, std::string_view value) {
  IMMUDB_CHECK(name.size() < 127 && value.size() < 127);
  std::string field(1, '\0');
  field += static_cast<char>(name.size());
  field += name;
  field += static_cast<char>(value.size());
  field += value;
  return field;
}

std::string RawCallFields(std::string_view path) {
  return RawField(":method", "POST") + RawField(":scheme", "http") + RawField(":path", path) +
         RawField(":authority", "test") + RawField("content-type", "application/grpc") +
         RawField("te", "trailers");
}

std::string RawPreface() {
  return NGHTTP2_CLIENT_MAGIC + RawFrame(NGHTTP2_SETTINGS, 0, 0, "");
}

// Their parameters are libnghttp2's. NOLINTBEGIN(readability-function-size)
struct ClientCallbacks {
  static ClientPeer& Peer(void* user_data) { return *static_cast<ClientPeer*>(user_data); }

  static int OnHeader(nghttp2_session* /*client*/, const nghttp2_frame* frame,
                      const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                      std::size_t value_size, std::uint8_t /*flags*/, void* user_data) {
    Response& response = Peer(user_data).responses[frame->hd.stream_id];
    FieldList& fields =
        frame->headers.cat == NGHTTP2_HCAT_RESPONSE ? response.head : response.trailers;
    fields.emplace_back(std::string(reinterpret_cast<const char*>(name), name_size),
                        std::string(reinterpret_cast<const char*>(value), value_size));
    return 0;
  }

  static int OnFrame(nghttp2_session* /*client*/, const nghttp2_frame* frame, void* user_data) {
    ClientPeer& peer = Peer(user_data);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      peer.goaways.push_back(frame->goaway.error_code);
      peer.goaway_last_ids.push_back(frame->goaway.last_stream_id);
    }
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_RESPONSE) {
      peer.responses[frame->hd.stream_id].head_is_all =
          (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    }
    return 0;
  }

  static int OnData(nghttp2_session* /*client*/, std::uint8_t /*flags*/, std::int32_t id,
                    const std::uint8_t* data, std::size_t size, void* user_data) {
    Peer(user_data).responses[id].body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int OnClose(nghttp2_session* /*client*/, std::int32_t id, std::uint32_t error,
                     void* user_data) {
    Peer(user_data).responses[id].closed_as = error;
    return 0;
  }

  static ssize_t ReadUpload(nghttp2_session* /*client*/, std::int32_t id, std::uint8_t* buffer,
                            std::size_t size, std::uint32_t* flags, nghttp2_data_source* /*source*/,
                            void* user_data) {
    ClientPeer::Upload& upload = Peer(user_data).uploads_[id];
    const std::size_t taken = std::min(size, upload.bytes.size());
    std::copy_n(upload.bytes.begin(), taken, buffer);
    upload.bytes.erase(0, taken);
    if (upload.bytes.empty() && upload.is_last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (taken == 0 && !upload.is_last) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(taken);
  }
};
// NOLINTEND(readability-function-size)

ClientPeer::ClientPeer() = default;

ClientPeer::~ClientPeer() {
  dispatcher.held.clear();
  session.reset();
  if (client != nullptr) nghttp2_session_del(client);
}

void ClientPeer::StartRaw() {
  call_bytes = std::make_shared<ByteLedger>(call_ledger_bytes);
  request_bytes = std::make_shared<ByteLedger>(ledger_bytes);
  reply_bytes.emplace(ledger_bytes);
  inbox = std::make_shared<Inbox>([this] { ++wakes; });
  inbox->BindToThisThread();
  environment.emplace(Environment{.limits = limits,
                                  .dispatcher = dispatcher,
                                  .clock = clock,
                                  .timers = wheel,
                                  .reply_bytes = *reply_bytes,
                                  .call_bytes = call_bytes,
                                  .request_bytes = request_bytes,
                                  .inbox = inbox,
                                  .counters = counters,
                                  .inflation = inflation,
                                  .plain_requests = plain_requests});
  session.emplace(*environment, *this, rpc::Peer{.address = "192.0.2.1", .port = 9});
}

void ClientPeer::Start() {
  StartRaw();
  nghttp2_session_callbacks* callbacks = nullptr;
  IMMUDB_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, ClientCallbacks::OnHeader);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, ClientCallbacks::OnFrame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, ClientCallbacks::OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, ClientCallbacks::OnClose);
  IMMUDB_CHECK(nghttp2_session_client_new(&client, callbacks, this) == 0);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry window = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, client_window_bytes};
  nghttp2_submit_settings(client, NGHTTP2_FLAG_NONE, &window, 1);
  Exchange();
}

std::int32_t ClientPeer::Submit(std::string_view path, std::string_view body, FieldList fields,
                                bool is_last) {
  FieldList all;
  if (fields.empty() || fields.front().first != ":method") {
    all = {{":method", "POST"},
           {":scheme", "http"},
           {":path", std::string(path)},
           {":authority", "test"},
           {"content-type", "application/grpc"},
           {"te", "trailers"}};
  }
  all.insert(all.end(), fields.begin(), fields.end());
  std::vector<nghttp2_nv> block;
  for (auto& [name, value] : all) {
    block.push_back({reinterpret_cast<std::uint8_t*>(name.data()),
                     reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                     NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider provider{};
  provider.read_callback = ClientCallbacks::ReadUpload;
  const bool has_body = !body.empty() || !is_last;
  const std::int32_t id = nghttp2_submit_request(client, nullptr, block.data(), block.size(),
                                                 has_body ? &provider : nullptr, nullptr);
  IMMUDB_CHECK(id > 0);
  uploads_[id] = {.bytes = std::string(body), .is_last = is_last};
  return id;
}

std::int32_t ClientPeer::Call(std::string_view path, std::string_view body, FieldList fields) {
  return Submit(path, body, std::move(fields), true);
}

std::int32_t ClientPeer::OpenCall(std::string_view path, std::string_view body, FieldList fields) {
  return Submit(path, body, std::move(fields), false);
}

void ClientPeer::SendMore(std::int32_t id, std::string_view body, bool is_last) {
  uploads_[id].bytes += body;
  uploads_[id].is_last = is_last;
  nghttp2_session_resume_data(client, id);
}

bool ClientPeer::FromClient() {
  if (client == nullptr) return false;
  bool has_moved = false;
  for (;;) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2_session_mem_send(client, &data);
    IMMUDB_CHECK(size >= 0);
    if (size == 0) return has_moved;
    session->Feed(BytesView(data, static_cast<std::size_t>(size)));
    has_moved = true;
  }
}

bool ClientPeer::FromServer() {
  const std::string bytes = TakeOutput();
  if (bytes.empty()) return false;
  const auto taken = nghttp2_session_mem_recv(
      client, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  IMMUDB_CHECK(taken == static_cast<ssize_t>(bytes.size()));
  return true;
}

void ClientPeer::Exchange() {
  for (;;) {
    const bool from_client = FromClient();
    const bool from_server = FromServer();
    if (!from_client && !from_server) return;
  }
}

void ClientPeer::ExchangeToServer() {
  FromClient();
}

Response ClientPeer::Answered(std::string_view path, std::string_view body, FieldList fields) {
  const std::int32_t id = Call(path, body, std::move(fields));
  Exchange();
  return responses[id];
}

void ClientPeer::Feed(std::string_view bytes) {
  session->Feed(AsBytes(bytes));
}

std::string ClientPeer::TakeOutput() {
  std::string taken;
  for (;;) {
    has_output = false;
    session->Fill();
    Output& output = session->output();
    if (output.empty()) break;
    std::array<BytesView, 16> views;
    while (!output.empty()) {
      const std::size_t count = output.Gather(views);
      std::size_t bytes = 0;
      for (const BytesView view : std::span(views).first(count)) {
        taken.append(reinterpret_cast<const char*>(view.data()), view.size());
        bytes += view.size();
      }
      output.Consume(bytes);
    }
  }
  session->ReleaseOutput();
  return taken;
}

std::vector<std::uint8_t> ClientPeer::FrameTypes(std::string_view bytes) {
  std::vector<std::uint8_t> types;
  while (bytes.size() >= kFrameHeaderBytes) {
    const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const std::size_t size = std::size_t{byte(0)} << 16 | std::size_t{byte(1)} << 8 | byte(2);
    types.push_back(byte(3));
    bytes.remove_prefix(std::min(bytes.size(), kFrameHeaderBytes + size));
  }
  return types;
}

void ClientPeer::Second() {
  AdvanceMs(1000);
  session->Tick();
}

void ClientPeer::AdvanceMs(std::int64_t ms) {
  clock.AdvanceMs(ms);
  wheel.Advance(clock.MonotonicNs());
}

}  // namespace immudb::http2
