#include "net/grpc_loop.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <new>
#include <utility>

#include "base/check.h"
#include "net/connection.h"

namespace immudb::net {
namespace {

constexpr std::size_t kReadBufferBytes = 256U << 10;

}  // namespace

void GrpcLoop::EndRound() {
  FlushDirty();
  ArmTick();
  ArmSecond();
}

GrpcLoop::GrpcLoop(std::shared_ptr<boost::asio::io_context> context, Shared& shared)
    : context_(std::move(context)),
      shared_(shared),
      wheel_(shared.clock.MonotonicNs()),
      inflation_(shared.clock),
      environment_{.limits = shared.options.limits,
                   .dispatcher = shared.dispatcher,
                   .clock = shared.clock,
                   .timers = wheel_,
                   .reply_bytes = shared.reply_bytes,
                   .call_bytes = shared.call_bytes,
                   .request_bytes = shared.request_bytes,
                   .inbox = nullptr,
                   .counters = counters_,
                   .inflation = inflation_,
                   .plain_requests = shared.options.plain_requests},
      tick_(*context_),
      second_(*context_),
      read_buffer_(kReadBufferBytes) {}

std::shared_ptr<GrpcLoop> GrpcLoop::Make(std::shared_ptr<boost::asio::io_context> context,
                                         Shared& shared) {
  auto loop = std::make_shared<GrpcLoop>(context, shared);
  // Handles may answer when all else is gone: the context is theirs too, the loop is not.
  const std::weak_ptr<GrpcLoop> weak = loop;
  loop->environment_.inbox = std::make_shared<http2::Inbox>([weak, context = std::move(context)] {
    boost::asio::post(*context, [weak] {
      const std::shared_ptr<GrpcLoop> self = weak.lock();
      if (self == nullptr) return;
      self->RunRound([&] { self->environment_.inbox->Deliver(); });
    });
  });
  return loop;
}

GrpcLoop::~GrpcLoop() = default;

void GrpcLoop::Post(std::function<void()> task) {
  boost::asio::post(*context_,
                    [self = shared_from_this(), task = std::move(task)] { self->RunRound(task); });
}

void GrpcLoop::Adopt(Accepted accepted) {
  environment_.inbox->BindToThisThread();
  if (is_draining_) {
    shared_.admission.Release(accepted.admission_key);
    return;
  }
  const std::string admission_key = accepted.admission_key;
  std::shared_ptr<Connection> connection;
  try {
    connection = std::make_shared<Connection>(*this, std::move(accepted));
    connection->position_ = connections_.size();
    connections_.push_back(connection);
  } catch (const std::bad_alloc&) {
    return shared_.admission.Release(admission_key);
  }
  connection->Guard([&] { connection->Start(); });
}

void GrpcLoop::Forget(Connection& connection) {
  const std::size_t position = connection.position_;
  IMMUDB_CHECK(connections_[position].get() == &connection);
  const auto kept = connection.shared_from_this();
  std::swap(connections_[position], connections_.back());
  connections_[position]->position_ = position;
  connections_.pop_back();
  // Whoever closed it may still be on the stack; Connection::Guard keeps it there if this fails.
  try {
    boost::asio::post(*context_, [kept] {});
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
  }
}

void GrpcLoop::Drain() {
  is_draining_ = true;
  for (std::size_t i = connections_.size(); i-- > 0;) {
    Connection& connection = *connections_[i];
    connection.Guard([&] { connection.Drain(); });
  }
}

void GrpcLoop::Stop() {
  is_draining_ = true;
  is_stopped_ = true;
  while (!connections_.empty()) connections_.back()->Close();
  environment_.inbox->Close();
  tick_.cancel();
  second_.cancel();
}

void GrpcLoop::MarkDirty(std::shared_ptr<Connection> connection) {
  dirty_.push_back(std::move(connection));
  // An answer may come on this thread from outside our rounds.
  if (rounds_ == 0 && !std::exchange(flush_is_posted_, true)) {
    Post([this] { flush_is_posted_ = false; });
  }
}

void GrpcLoop::FlushDirty() {
  std::vector<std::shared_ptr<Connection>> batch;
  batch.swap(dirty_);
  for (const auto& connection : batch) connection->Guard([&] { connection->Flush(); });
  // What became dirty meanwhile had its turn.
  if (!dirty_.empty() && !std::exchange(flush_is_posted_, true)) {
    Post([this] { flush_is_posted_ = false; });
  }
}

void GrpcLoop::ArmTick() {
  if (tick_is_armed_ || is_stopped_ || wheel_.armed_count() == 0) return;
  tick_is_armed_ = true;
  tick_.expires_after(std::chrono::nanoseconds(http2::TimerWheel::kTickNs));
  tick_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    self->tick_is_armed_ = false;
    if (error) return;
    self->RunRound([&] { self->wheel_.Advance(self->shared_.clock.MonotonicNs()); });
  });
}

void GrpcLoop::ArmSecond() {
  if (second_is_armed_ || is_stopped_ || connections_.empty()) return;
  second_is_armed_ = true;
  second_.expires_after(std::chrono::seconds(1));
  second_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    self->second_is_armed_ = false;
    if (error) return;
    self->RunRound([&] { self->OnSecond(); });
  });
}

void GrpcLoop::OnSecond() {
  // Backwards, because a connection that closes is replaced by the last one.
  for (std::size_t i = connections_.size(); i-- > 0;) {
    Connection& connection = *connections_[i];
    connection.Guard([&] { connection.Tick(); });
  }
}

}  // namespace immudb::net
