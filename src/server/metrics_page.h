// The page that Prometheus reads: the families of immudb 0.8.1 that dashboards use, and our own.

#pragma once

#include <cstdint>
#include <string>

#include "api/metered_dispatcher.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "net/server.h"
#include "server/scrubber.h"

namespace immudb::server {

struct MetricsSources {
  const api::MeteredDispatcher& calls;
  const catalog::Catalog& catalog;
  const net::Server& network;
  const Scrubber* scrubber;  // Null: there is none.
  const Clock& clock;
  std::int64_t start_unix_us = 0;
  std::int64_t start_ns = 0;
  bool has_histograms = true;
  std::string data_directory;  // As configured; names databases as the original does.
};

std::string MetricsPage(const MetricsSources& sources);

}  // namespace immudb::server
