// immuadmin backup: all databases of a server, the audit trail included, into a file, a folder or
// standard output. docs/formats/backup.md describes what is written.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include "backup/backup_writer.h"
#include "backup/stopped_server.h"
#include "base/error.h"
#include "cli/backup_text.h"
#include "cli/command.h"
#include "cli/new_file.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/tool.h"
#include "io/posix_file_system.h"

namespace immudb::cli {
namespace {

constexpr std::chrono::hours kSnapshotTimeMax{24 * 7};
constexpr std::string_view kStandardOutput = "-";
constexpr std::string_view kArchiveEnding = ".tar";

using backup::Sink;
using backup::Supply;

Result<Supply> SupplyOfServer(Context& context) {
  IMMUDB_ASSIGN(const std::vector<DatabaseState> states, context.client->DatabaseStates());
  Supply supply;
  for (const DatabaseState& state : states) supply.databases.push_back(state.name);
  supply.copy = [&context](const std::string& database, const Sink& take) -> Status {
    Status taken;
    const Status done = context.client->TakeSnapshot(database,
                                                     [&](BytesView bytes) {
                                                       taken = take(bytes);
                                                       return taken.has_value();
                                                     },
                                                     {.deadline = kSnapshotTimeMax});
    return taken ? done : taken;
  };
  return supply;
}

// Makes a backup of what `supply` has. Errors: those of the supply and of BackupWriter.
Status WriteBackup(const Supply& supply, backup::BackupWriter& writer) {
  Progress progress;
  const auto write_all = [&]() -> Status {
    for (const std::string& database : supply.databases) {
      IMMUDB_TRY(supply.copy(database, [&](BytesView bytes) {
        progress.Add(0, bytes.size());
        return writer.Write(database, bytes);
      }));
      IMMUDB_TRY(writer.EndDatabase());
    }
    return writer.Finish();
  };
  Status written = write_all();
  progress.End();
  return written;
}

enum class Form : std::uint8_t { kFile, kFolder, kStream };

struct Target {
  Form form = Form::kFile;
  std::string path;
};

// A folder that exists gets a new file or folder of the default name.
Target TargetOf(const Context& context) {
  const process::Options& options = *context.options;
  const std::string given = context.arguments.empty() ? "" : context.arguments[0];
  if (given == kStandardOutput) return {.form = Form::kStream, .path = {}};
  const bool is_folder = options.boolean("uncompressed");
  std::string path = given;
  std::error_code ignored;
  const bool is_place = !given.empty() && std::filesystem::is_directory(given, ignored);
  if (given.empty() || is_place) {
    const std::string subject = options.boolean("manual-stop-start")
                                    ? LastPart(options.text("dbdir"))
                                    : std::string("immudb");
    path = Text("{}_bkp_{}{}", subject, TimeStamp(), is_folder ? "" : kArchiveEnding);
    if (is_place) path = io::JoinPath(given, path);
  }
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return {.form = is_folder ? Form::kFolder : Form::kFile, .path = path};
}

Status BackUpTo(Context& context, const Supply& supply, const Target& target) {
  io::PosixFileSystem files;
  std::unique_ptr<NewFile> file;
  std::unique_ptr<backup::ArchiveWriter> archive;
  switch (target.form) {
    case Form::kFile: {
      IMMUDB_ASSIGN(file, NewFile::Create(files, target.path));
      archive = backup::MakeTarWriter([&](BytesView bytes) { return file->Append(bytes); });
      break;
    }
    case Form::kFolder: {
      IMMUDB_ASSIGN(archive, backup::CreateFolderWriter(files, target.path));
      break;
    }
    case Form::kStream: archive = backup::MakeTarWriter(WriteOutput); break;
  }
  backup::BackupWriter writer(*archive);
  IMMUDB_TRY(WriteBackup(supply, writer));
  if (file != nullptr) IMMUDB_TRY(file->Commit());
  const std::string created =
      target.form == Form::kStream
          ? std::string()
          : std::filesystem::absolute(target.path).lexically_normal().string();
  const BackupReport report = ReportOf(writer, created);
  if (target.form == Form::kStream) {
    PrintError(BackupText(report, context.style));
  } else if (context.style.form == OutputForm::kJson) {
    Print(BackupText(report, context.style));
  } else {
    Print(Text("Database backup created: {}\n", created));
    // Where immudb 0.8.1 prints this line only, a script may rely on it.
    const bool is_as_before = context.options->boolean("manual-stop-start");
    (is_as_before ? PrintError : Print)(BackupText(report, context.style));
  }
  return {};
}

Status BackUpServer(Context& context, const Target& target) {
  IMMUDB_TRY(ConnectTool(context));
  IMMUDB_ASSIGN(const Supply supply, SupplyOfServer(context));
  return BackUpTo(context, supply, target);
}

Status BackUpFolder(Context& context, const Target& target) {
  const std::string& directory = context.options->text("dbdir");
  IMMUDB_TRY(CheckDataFolder(directory, "backup"));
  if (!context.options->boolean("yes") && !AskYesNo(kManualQuestion)) {
    return Fail(Code::kConflict, "Canceled");
  }
  const auto server = backup::StoppedServer::Open(directory, SystemUserText());
  if (!server) return OfTheFolder(server.error());
  return BackUpTo(context, (*server)->supply(), target);
}

Status BackUp(Context& context) {
  const Target target = TargetOf(context);
  if (target.form == Form::kStream && IsTerminal(StandardStream::kOutput)) {
    return UsageError(context, "a backup is no text: send standard output to a file or a program");
  }
  const bool is_manual = context.options->boolean("manual-stop-start");
  if (is_manual && target.form == Form::kStream && !context.options->boolean("yes")) {
    return UsageError(context, "the question would stand in the backup: give --yes");
  }
  return is_manual ? BackUpFolder(context, target) : BackUpServer(context, target);
}

}  // namespace

std::vector<Command> BackupCommands() {
  return {{.name = "backup",
           .aliases = {},
           .words = "[file|folder|-]",
           .arguments_max = 1,
           .help =
               "copy all databases of the server, which goes on serving, to a new file, to a new "
               "folder with -u, or to standard output if it is -",
           .flags = {"dbdir", "manual-stop-start", "uncompressed", "yes"},
           .needs_server = NeedsServer::kNo,
           .run = BackUp}};
}

}  // namespace immudb::cli
