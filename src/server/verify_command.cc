#include "server/verify_command.h"

#include <cstdio>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "catalog/expected_root.h"
#include "crypto/random.h"
#include "io/posix_file_system.h"
#include "server/option_table.h"
#include "server/verification.h"

namespace immudb::server {
namespace {

constexpr int kExitWhole = 0;
constexpr int kExitFailure = 1;
constexpr int kExitDamage = 6;

int Report(const Error& error) {
  std::fputs(Text("Error: {}\n", error.message).c_str(), stderr);
  return error.code == Code::kInvalidArgument ? kVerifyExitUsage : kExitFailure;
}

Result<VerificationRequest> ReadRequest(const process::CommandLine& line,
                                        const process::Options& options) {
  if (!line.arguments.empty()) {
    return Fail(Code::kInvalidArgument, "unexpected argument \"{}\"", line.arguments.front());
  }
  VerificationRequest request{
      .directory = options.text("dir"), .database = options.text("database"), .expected = {}};
  auto expected = catalog::ParseExpectedRoots(options.text("expect"), catalog::Sizes::kRequired);
  if (!expected) return Fail(expected.error().code, "flag --expect: {}", expected.error().message);
  request.expected = *std::move(expected);
  return request;
}

}  // namespace

int RunVerify(const process::CommandLine& line, const process::Environment& environment) {
  const auto options = process::Options::Read(ServerProgram(), line, environment);
  if (!options) return Report(options.error());
  const Result<VerificationRequest> request = ReadRequest(line, *options);
  if (!request) return Report(request.error());
  io::PosixFileSystem files;
  crypto::SystemRandom random;
  const SystemClock clock;
  const Result<Verification> verification = Verify({files, random, clock}, *request);
  if (!verification) return Report(verification.error());
  const std::string text = options->text("output") == "json"
                               ? VerificationJson(*verification) + "\n"
                               : VerificationText(*verification);
  std::fputs(text.c_str(), stdout);
  return verification->is_whole() ? kExitWhole : kExitDamage;
}

}  // namespace immudb::server
