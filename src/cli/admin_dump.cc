// immuadmin dump: every record of a database, to a file or to standard output.
//
// A record is its length (4 bytes, the lowest first) and its bytes: EncodeDumpRecord.
// Source: the dump files of immudb 0.8.1.

#include <chrono>
#include <functional>

#include "base/encoding.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/new_file.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "io/posix_file_system.h"

namespace immudb::cli {
namespace {

constexpr std::chrono::hours kDumpTimeMax{24 * 7};
constexpr std::string_view kStandardOutput = "-";

// `immudb_2020-12-08_12-52-00.bkp`, by the local clock.
std::string DefaultName() {
  return Text("immudb_{}.bkp", TimeStamp());
}

using Sink = std::function<Status(BytesView bytes)>;

// Hands every record of the database to `sink`. Errors: those of the call and of the sink.
Status Pull(Context& context, const Sink& sink, Progress& progress) {
  Status sunk;
  const auto take = [&](const std::vector<DumpRecord>& records) {
    Bytes bytes;
    for (const DumpRecord& record : records) {
      const Bytes encoded = EncodeDumpRecord(record);
      const std::size_t at = bytes.size();
      bytes.resize(at + sizeof(std::uint32_t));
      PutU32(bytes.data() + at, static_cast<std::uint32_t>(encoded.size()));
      bytes.insert(bytes.end(), encoded.begin(), encoded.end());
    }
    sunk = sink(bytes);
    progress.Add(records.size(), bytes.size());
    return sunk.has_value();
  };
  const Status done = context.client->Dump(take, {.deadline = kDumpTimeMax});
  progress.End();
  return sunk ? done : sunk;
}

std::string DoneText(const Context& context, const Progress& progress, const std::string& name) {
  if (context.style.form == OutputForm::kJson) {
    return NumberText("records", progress.count(), context.style);
  }
  if (progress.count() == 0) return "Database is empty.\n";
  return Text("SUCCESS: {} key-value entries were backed-up to file {}\n", progress.count(), name);
}

Status DumpOut(Context& context) {
  if (IsTerminal(StandardStream::kOutput)) {
    return UsageError(context, "a dump is no text: send standard output to a file or a program");
  }
  Progress progress("records");
  IMMUDB_TRY(Pull(context, WriteOutput, progress));
  PrintError(DoneText(context, progress, "standard output"));
  return {};
}

Status DumpToFile(Context& context, const std::string& name) {
  io::PosixFileSystem files;
  IMMUDB_ASSIGN(const auto file, NewFile::Create(files, name));
  Progress progress("records");
  IMMUDB_TRY(Pull(
      context, [&](BytesView bytes) { return file->Append(bytes); }, progress));
  if (progress.count() > 0) IMMUDB_TRY(file->Commit());
  Print(DoneText(context, progress, name));
  return {};
}

Status Dump(Context& context) {
  if (!context.has_session()) return Fail(Code::kUnauthenticated, "please login first");
  const std::string name = context.arguments.empty() ? DefaultName() : context.arguments[0];
  return name == kStandardOutput ? DumpOut(context) : DumpToFile(context, name);
}

}  // namespace

std::vector<Command> DumpCommands() {
  return {{.name = "dump",
           .aliases = {},
           .words = "[file]",
           .arguments_max = 1,
           .help = "write every record of the database in use to a new file, or to standard output "
                   "if it is -",
           .run = Dump}};
}

}  // namespace immudb::cli
