// completion, mangen.

#include "base/error.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/tool_documents.h"
#include "io/posix_file_system.h"

namespace immudb::cli {
namespace {

Status Completion(Context& context) {
  const std::string& shell = context.arguments[0];
  if (shell == "bash") {
    Print(BashCompletion(*context.tool));
  } else if (shell == "zsh") {
    Print(ZshCompletion(*context.tool));
  } else if (shell == "fish") {
    Print(FishCompletion(*context.tool));
  } else {
    return UsageError(context, Text("unknown shell {}, only bash, zsh and fish are known", shell));
  }
  return {};
}

Status MakeManPages(Context& context) {
  const std::string& folder = context.arguments[0];
  const std::string path = io::JoinPath(folder, Text("{}.1", context.tool->name));
  const std::string page = ManPage(*context.tool);
  io::PosixFileSystem files;
  IMMUDB_TRY(io::ReplaceFile(files, path, AsBytes(page)));
  Print(Text("SUCCESS: man files generated in the {} directory\n", folder));
  return {};
}

}  // namespace

std::vector<Command> DocumentCommands() {
  return {
      {.name = "completion",
       .aliases = {},
       .words = "bash|zsh|fish",
       .arguments_min = 1,
       .arguments_max = 1,
       .help = "print what a shell needs to complete the words of this program",
       .needs_server = NeedsServer::kNo,
       .run = Completion},
      // Not told of, as in 0.8.1: installing does it.
      {.name = "mangen",
       .aliases = {},
       .words = "directory",
       .arguments_min = 1,
       .arguments_max = 1,
       .needs_server = NeedsServer::kNo,
       .run = MakeManPages},
  };
}

}  // namespace immudb::cli
