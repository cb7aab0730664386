// The immudb server that is measured: one of this build, on a folder of its own, or one that runs
// already.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "closed_loop.h"
#include "options.h"
#include "programs.h"

namespace immudb::bench {

class Subject {
 public:
  // Starts the server of this build on an empty folder, and waits until it answers.
  // `durability` is written or durable.
  static Subject Start(const Options& options, const std::string& durability);
  // The server that the options name.
  static Subject Find(const Options& options);

  // What the names of rows end with.
  const std::string& name() const { return name_; }
  bool is_ours() const { return program_ != nullptr; }
  // Where the files of our own server are.
  const std::string& directory() const { return directory_; }
  double ready_ms() const { return ready_ms_; }

  // New connections, logged in.
  Clients Connect(std::size_t connections);
  // Not logged in.
  std::unique_ptr<Http2Client> ConnectOne() const;

  // Nothing if the server does not tell.
  std::optional<double> CpuSeconds() const;
  std::optional<double> ResidentMib() const;
  // Waits until our own server does nothing any more, at most a minute.
  void AwaitQuiet() const;
  // Ends our own server in good order and removes its files.
  void Finish();

 private:
  const Options* options_ = nullptr;
  std::string name_;
  std::string host_ = "127.0.0.1";
  std::uint16_t port_ = 0;
  std::string token_;
  std::string directory_;
  double ready_ms_ = 0;
  std::unique_ptr<Program> program_;
};

}  // namespace immudb::bench
