// A server for conformance tools and load generators. It answers under /echo.Echo/:
//
//   Echo     the request                       EchoAway  the same, from another thread
//   Stream   1024 times a message of 64 KiB    Never     nothing until the client gives up
//   Fail     the request as INVALID_ARGUMENT's text

#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "net/loop_group.h"
#include "net/server.h"

namespace immudb {
namespace {

// Answers on a thread of its own.
class Worker {
 public:
  Worker() = default;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    thread_.request_stop();
    changed_.notify_all();
  }

  void Add(std::unique_ptr<rpc::Call> call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
    changed_.notify_one();
  }

 private:
  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !calls_.empty(); })) {
      std::deque<std::unique_ptr<rpc::Call>> taken;
      taken.swap(calls_);
      lock.unlock();
      for (auto& call : taken) {
        call->Finish({}, Bytes(call->request().begin(), call->request().end()));
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::unique_ptr<rpc::Call>> calls_;
  std::jthread thread_{[this](const std::stop_token& stop) { Run(stop); }};
};

class Repeated : public rpc::MessageStream {
 public:
  Next Pull(const std::function<void()>& /*wake*/) override {
    if (left_ == 0) return {.kind = Next::Kind::kEnd, .message = {}, .status = {}};
    --left_;
    return {.kind = Next::Kind::kMessage, .message = Bytes(64U << 10, 'x'), .status = {}};
  }

 private:
  int left_ = 1024;
};

class EchoDispatcher : public rpc::Dispatcher {
 public:
  std::variant<Method, rpc::RpcStatus> Find(std::string_view path) const override {
    const auto found = rows_.find(path);
    if (found == rows_.end()) {
      return rpc::RpcStatus{rpc::StatusCode::kUnimplemented, "unknown method " + std::string(path)};
    }
    return Method{.kind = rpc::MethodKind::kUnary, .row = found->second};
  }

  const rpc::Metadata& initial_metadata() const override { return initial_; }

  void Start(Method method, std::unique_ptr<rpc::Call> call) override {
    const BytesView request = call->request();
    switch (method.row) {
      case 0: call->Finish({}, Bytes(request.begin(), request.end())); break;
      case 1: worker_.Add(std::move(call)); break;
      case 2: call->FinishWithStream(std::make_unique<Repeated>()); break;
      case 3: {
        const std::lock_guard lock(mutex_);
        std::erase_if(waiting_, [](const auto& each) { return each->cancelled(); });
        waiting_.push_back(std::move(call));
        break;
      }
      default:
        call->Finish(
            {rpc::StatusCode::kInvalidArgument, std::string(request.begin(), request.end())}, {});
    }
  }

 private:
  const std::map<std::string, std::uint32_t, std::less<>> rows_ = {{"/echo.Echo/Echo", 0},
                                                                   {"/echo.Echo/EchoAway", 1},
                                                                   {"/echo.Echo/Stream", 2},
                                                                   {"/echo.Echo/Never", 3},
                                                                   {"/echo.Echo/Fail", 4}};
  const rpc::Metadata initial_ = {{"echo-server", "1"}};
  Worker worker_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<rpc::Call>> waiting_;
};

int Run(int argc, char** argv) {
  net::ServerOptions options{.port = 7001};
  net::TlsOptions tls;
  std::size_t loop_count = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto value = [&]() -> std::string_view { return i + 1 < argc ? argv[++i] : ""; };
    const auto number = [&](auto& out) {
      const std::string_view text = value();
      std::from_chars(text.data(), text.data() + text.size(), out);
    };
    if (name == "--h2spec") options.plain_requests = http2::PlainRequests::kAnswer;
    if (name == "--host") options.host = value();
    if (name == "--port") number(options.port);
    if (name == "--loops") number(loop_count);
    if (name == "--stall-ms") number(options.limits.stall_ms);
    if (name == "--cert") tls.certificate_file = value();
    if (name == "--key") tls.key_file = value();
    if (name == "--client-ca") tls.client_authorities_file = value();
  }
  if (!tls.certificate_file.empty()) {
    auto context = net::TlsContext::Load(tls);
    if (!context) {
      std::fprintf(stderr, "%s\n", context.error().message.c_str());
      return 1;
    }
    options.tls = *std::move(context);
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const SystemClock clock;
  EchoDispatcher dispatcher;
  auto loops = net::LoopGroup::Start(loop_count);
  if (!loops) return 1;
  auto server = net::Server::Start(options, **loops, dispatcher, clock);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  std::fprintf(stderr, "port %u\n", (*server)->port());
  int received = 0;
  sigwait(&signals, &received);
  (*server)->Shutdown(10'000);
  const net::ServerStatistics seen = (*server)->statistics();
  std::fprintf(stderr, "calls %llu abusive %llu stalled %llu refused %llu held %zu %zu\n",
               static_cast<unsigned long long>(seen.calls_started),
               static_cast<unsigned long long>(seen.connections_abusive),
               static_cast<unsigned long long>(seen.streams_stalled),
               static_cast<unsigned long long>(seen.calls_refused), seen.request_bytes,
               seen.reply_bytes);
  return 0;
}

}  // namespace
}  // namespace immudb

int main(int argc, char** argv) {
  return immudb::Run(argc, argv);
}
