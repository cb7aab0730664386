#include "net/loop_group.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <exception>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "net/asio_loops.h"

namespace immudb::net {

namespace {

// OpenSSL writes to sockets without a way to say that a peer's end is no reason to end the process.
void BlockBrokenPipeSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// Runs until the loop is stopped; false if memory could not be had and it must be run on.
bool RunLoop(boost::asio::io_context& context) {
  try {
    context.run();
    return true;
  } catch (const std::bad_alloc&) {
    WriteLog(LogLevel::kError, "a network loop was short of memory and goes on");
    return false;
  }
}

}  // namespace

LoopGroup::Loops::Loops(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto context = std::make_shared<boost::asio::io_context>(1);
    auto work = boost::asio::make_work_guard(*context);
    loops_.push_back({std::move(context), std::move(work)});
  }
}

LoopGroup::Loops::~Loops() {
  for (Loop& loop : loops_) loop.context->stop();
  threads_.clear();  // Joins.
}

void LoopGroup::Loops::RunThreads() {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    threads_.emplace_back([context = loops_[i].context, name = Text("net-{}", i)] {
      pthread_setname_np(pthread_self(), name.c_str());
      BlockBrokenPipeSignal();
      while (!RunLoop(*context)) {
      }
    });
  }
}

std::size_t LoopGroup::DefaultCount() {
  return std::max<std::size_t>(1, std::thread::hardware_concurrency() / 2);
}

Result<std::unique_ptr<LoopGroup>> LoopGroup::Start(std::size_t count) {
  IMMUDB_CHECK(count > 0);
  try {  // Asio and std::thread have no other way to say it.
    auto loops = std::make_unique<Loops>(count);
    loops->RunThreads();
    return std::unique_ptr<LoopGroup>(new LoopGroup(std::move(loops)));
  } catch (const std::exception& error) {
    return Fail(Code::kExhausted, "cannot start network threads: {}", error.what());
  }
}

LoopGroup::LoopGroup(std::unique_ptr<Loops> loops) : loops_(std::move(loops)) {}

LoopGroup::~LoopGroup() = default;

std::size_t LoopGroup::size() const {
  return loops_->size();
}

}  // namespace immudb::net
