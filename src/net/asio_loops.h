// The inside of a LoopGroup, for code that does I/O on it. The only header of this layer that other
// layers' I/O code includes although it names Asio.

#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "net/loop_group.h"

namespace immudb::net {

// Thread-safe once its threads run.
class LoopGroup::Loops {
 public:
  explicit Loops(std::size_t count);
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  ~Loops();

  void RunThreads();

  std::size_t size() const { return loops_.size(); }

  // Shared with those who may post to it from threads that outlive the group: what they post then
  // is dropped with the context.
  const std::shared_ptr<boost::asio::io_context>& context(std::size_t index) const {
    return loops_[index].context;
  }

 private:
  struct Loop {
    std::shared_ptr<boost::asio::io_context> context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  };

  std::vector<Loop> loops_;
  std::vector<std::jthread> threads_;
};

}  // namespace immudb::net
