#include "client/grpc_transport.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"

namespace immudb::client {
namespace {

constexpr const char* kUuidHeader = "immudb-uuid";
constexpr int kFirstReconnectMs = 50;
constexpr int kReconnectMaxMs = 2000;

std::string PathOf(const Rpc& rpc) {
  switch (rpc.service) {
    case Service::kData: break;
    case Service::kAdmin: return "/immudb.admin.v1.AdminService/" + rpc.method;
  }
  return "/immudb.schema.ImmuService/" + rpc.method;
}

grpc::ByteBuffer ToBuffer(const Bytes& bytes) {
  grpc::Slice slice(bytes.data(), bytes.size());
  return {&slice, 1};
}

Bytes FromBuffer(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  Bytes bytes;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) bytes.insert(bytes.end(), slice.begin(), slice.end());
  return bytes;
}

WireCode ToWireCode(grpc::StatusCode code) {
  const bool is_known = code >= grpc::StatusCode::OK && code <= grpc::StatusCode::UNAUTHENTICATED;
  return is_known ? static_cast<WireCode>(code) : WireCode::kUnknown;
}

void Prepare(grpc::ClientContext& context, const Rpc& rpc) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::duration_cast<std::chrono::microseconds>(rpc.timeout));
  if (!rpc.token.empty()) context.AddMetadata("authorization", "Bearer " + rpc.token);
}

RpcReply ToReply(const grpc::ClientContext& context, const grpc::Status& status) {
  RpcReply reply{.code = ToWireCode(status.error_code()),
                 .message = status.error_message(),
                 .body = {},
                 .server_uuid = {}};
  const auto& headers = context.GetServerInitialMetadata();
  if (const auto found = headers.find(kUuidHeader); found != headers.end()) {
    reply.server_uuid.assign(found->second.data(), found->second.size());
  }
  return reply;
}

// The contexts of the calls under way, so that they can be cancelled.
class Contexts {
 public:
  void Add(grpc::ClientContext& context) {
    const MutexLock lock(mutex_);
    if (cancelled_) context.TryCancel();
    running_.insert(&context);
  }
  void Remove(grpc::ClientContext& context) {
    const MutexLock lock(mutex_);
    running_.erase(&context);
  }
  void CancelAll() {
    const MutexLock lock(mutex_);
    cancelled_ = true;
    for (grpc::ClientContext* context : running_) context->TryCancel();
  }

 private:
  Mutex mutex_;
  bool cancelled_ IMMUDB_GUARDED_BY(mutex_) = false;
  std::set<grpc::ClientContext*> running_ IMMUDB_GUARDED_BY(mutex_);
};

// One call that answers once.
struct Unary {
  Unary(std::shared_ptr<Contexts> in, const Rpc& rpc, Transport::Done then)
      : contexts(std::move(in)), request(ToBuffer(rpc.request)), done(std::move(then)) {
    Prepare(context, rpc);
    contexts->Add(context);
  }
  ~Unary() { contexts->Remove(context); }
  Unary(const Unary&) = delete;
  Unary& operator=(const Unary&) = delete;

  std::shared_ptr<Contexts> contexts;  // Shared with the transport and its other calls.
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  Transport::Done done;
};

// One call that answers with a stream. Deletes itself when gRPC is done with it.
class Stream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Stream(std::shared_ptr<Contexts> contexts, const Rpc& rpc, Transport::OnMessage on_message,
         Transport::Done done)
      : contexts_(std::move(contexts)),
        request_(ToBuffer(rpc.request)),
        on_message_(std::move(on_message)),
        done_(std::move(done)) {
    Prepare(context_, rpc);
    contexts_->Add(context_);
  }

  void Begin(grpc::GenericStub& stub, const std::string& method) {
    stub.PrepareBidiStreamingCall(&context_, method, {}, this);
    StartWriteLast(&request_, {});
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (!on_message_(FromBuffer(response_))) return context_.TryCancel();
    response_.Clear();
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    const std::unique_ptr<Stream> self(this);
    contexts_->Remove(context_);
    done_(ToReply(context_, status));
  }

 private:
  std::shared_ptr<Contexts> contexts_;  // Shared with the transport and its other calls.
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  Transport::OnMessage on_message_;
  Transport::Done done_;
};

class GrpcTransport : public Transport {
 public:
  explicit GrpcTransport(std::shared_ptr<grpc::Channel> channel) : stub_(std::move(channel)) {}

  void Start(Rpc rpc, Done done) override {
    auto call = std::make_shared<Unary>(contexts_, rpc, std::move(done));
    Unary& unary = *call;  // The callback keeps it alive.
    stub_.UnaryCall(&unary.context, PathOf(rpc), {}, &unary.request, &unary.response,
                    [call = std::move(call)](const grpc::Status& status) {
                      RpcReply reply = ToReply(call->context, status);
                      if (status.ok()) reply.body = FromBuffer(call->response);
                      call->done(std::move(reply));
                    });
  }

  void StartStream(Rpc rpc, OnMessage on_message, Done done) override {
    auto stream = std::make_unique<Stream>(contexts_, rpc, std::move(on_message), std::move(done));
    stream.release()->Begin(stub_, PathOf(rpc));
  }

  void CancelAll() override { contexts_->CancelAll(); }

 private:
  // Shared with the calls under way, which may end after the transport.
  std::shared_ptr<Contexts> contexts_ = std::make_shared<Contexts>();
  grpc::GenericStub stub_;
};

std::string TargetOf(const ClientOptions& options) {
  if (!options.unix_socket.empty()) return "unix:" + options.unix_socket;
  const bool is_ipv6 = options.address.find(':') != std::string::npos;
  if (is_ipv6) return Text("[{}]:{}", options.address, options.port);
  return Text("{}:{}", options.address, options.port);
}

int Milliseconds(std::chrono::milliseconds time) {
  constexpr std::int64_t kMax = 1 << 30;
  return static_cast<int>(std::clamp<std::int64_t>(time.count(), 1, kMax));
}

grpc::ChannelArguments ArgumentsOf(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(
      static_cast<int>(std::min<std::uint64_t>(options.reply_bytes_max, std::uint64_t{1} << 30)));
  arguments.SetMaxSendMessageSize(-1);
  // gRPC takes the least time between two attempts as the limit of one.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, Milliseconds(options.connect_timeout));
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  if (options.keepalive.count() > 0) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keepalive));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(options.connect_timeout));
  }
  // Each client has a connection of its own, and no proxy or service configuration decides on it.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  if (options.tls.enabled && !options.tls.server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls.server_name);
  }
  return arguments;
}

}  // namespace

std::unique_ptr<Transport> MakeGrpcTransport(const ClientOptions& options, const TlsMaterial& tls) {
  const auto credentials =
      options.tls.enabled
          ? grpc::SslCredentials({tls.authorities, tls.private_key, tls.certificate})
          : grpc::InsecureChannelCredentials();
  return std::make_unique<GrpcTransport>(
      grpc::CreateCustomChannel(TargetOf(options), credentials, ArgumentsOf(options)));
}

}  // namespace immudb::client
