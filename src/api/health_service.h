// grpc.health.v1: whether the server serves, asked once or watched.
//
// Source: grpc/health/v1/health.proto, whose messages hold one field each: the name of a service,
// the empty one being the whole server, and a status.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/mutex.h"
#include "immudb/bytes.h"
#include "rpc/call.h"

namespace immudb::api {

enum class HealthStatus : std::uint8_t { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

// Answers health checks, and keeps watchers informed. Thread-safe.
class HealthService {
 public:
  // `look` says what to tell of the server; called under no lock, from any thread.
  HealthService(std::function<HealthStatus()> look, std::size_t watchers_max)
      : look_(std::move(look)), watched_(std::make_shared<Watched>(watchers_max)) {}

  // Answers HealthCheckRequest by HealthCheckResponse; NOT_FOUND for a service that there is not.
  void Check(rpc::Call& call) const;

  // Answers with a stream: the status now, and each that differs from the one told before. The
  // status of a service that there is not is SERVICE_UNKNOWN. RESOURCE_EXHAUSTED where too many
  // watch.
  void Watch(rpc::Call& call) const;

  // Looks anew, for those who watch.
  void Refresh();

  // Tells watchers that the server does not serve, and ends their streams; new ones end likewise.
  void End();

 private:
  class Stream;

  // What streams share with this, and outlive it with.
  struct Watched {
    explicit Watched(std::size_t max) : watchers_max(max) {}

    const std::size_t watchers_max;
    Mutex mutex;
    HealthStatus status IMMUDB_GUARDED_BY(mutex) = HealthStatus::kServing;
    bool has_ended IMMUDB_GUARDED_BY(mutex) = false;
    std::size_t watchers IMMUDB_GUARDED_BY(mutex) = 0;
    // Of those who wait for something to change, by their streams.
    std::map<const Stream*, std::function<void()>> wakes IMMUDB_GUARDED_BY(mutex);
  };

  enum class Life : std::uint8_t { kGoesOn, kEnds };
  // Sets what is told, and wakes those who wait if that is something new.
  void Set(HealthStatus status, Life life);

  const std::function<HealthStatus()> look_;
  const std::shared_ptr<Watched> watched_;
};

}  // namespace immudb::api
