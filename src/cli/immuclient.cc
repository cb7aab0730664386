#include "cli/immuclient.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/hex.h"
#include "cli/option_table.h"
#include "cli/tool.h"

namespace immudb::cli {
namespace {

std::span<const Command> Commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> commands;
    for (const auto& group : {SessionCommands(), ReadCommands(), WriteCommands(),
                              ReferenceCommands(), ProofCommands(), DocumentCommands()}) {
      commands.insert(commands.end(), group.begin(), group.end());
    }
    return commands;
  }();
  return all;
}

Result<TreeHead> ParseHead(std::string_view text) {
  const std::size_t colon = text.find(':');
  TreeHead head;
  const std::string_view number = text.substr(0, colon);
  const auto [stop, fault] =
      std::from_chars(number.data(), number.data() + number.size(), head.size.value);
  const Result<Bytes> root =
      FromHex(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (fault != std::errc() || stop != number.data() + number.size() || !root ||
      root->size() != head.root.size()) {
    return Fail(Code::kInvalidArgument, "trusted-root must be INDEX:HASH, with 64 hex digits");
  }
  ++head.size.value;
  std::copy(root->begin(), root->end(), head.root.begin());
  return head;
}

Status ReadTrust(const process::Options& options, ClientOptions& client) {
  client.state_directory = options.text("state-dir");
  client.server_identity = options.text("server-identity");
  client.first_contact = options.text("first-contact") == "refuse" ? FirstContact::kRefuse
                                                                   : FirstContact::kTrustOnFirstUse;
  if (const std::string& root = options.text("trusted-root"); !root.empty()) {
    IMMUDB_ASSIGN(client.initial_head, ParseHead(root));
  }
  if (const std::string& key = options.text("server-key"); !key.empty()) {
    const Result<Bytes> bytes = FromHex(key);
    if (!bytes) return Fail(Code::kInvalidArgument, "server-key must be hex digits");
    client.pinned_key = *bytes;
  }
  return {};
}

Result<ClientOptions> ReadClientOptions(const process::Options& options) {
  IMMUDB_ASSIGN(ClientOptions client, ConnectionOf(options));
  IMMUDB_TRY(ReadTrust(options, client));
  return client;
}

Style ReadStyle(const process::Options& options) {
  Style style{.form = FormOf(options.text("output"))};
  if (options.boolean("raw")) style.form = OutputForm::kRaw;
  if (options.boolean("value-only")) style.value_only = ValueOnly::kYes;
  return style;
}

}  // namespace

int RunImmuclient(std::span<char* const> words, const process::Environment& environment) {
  const Tool tool{
      .name = "immuclient",
      .summary =
          "immuclient reads and writes an immudb database, and checks what the server answers.",
      .options = ClientOptionRows(),
      .commands = Commands(),
      .client_options = ReadClientOptions,
      .style = ReadStyle,
      // 0.8.1 tells so, and goes on.
      .order_hint = "Please sort your commands in \"immudb [command] [flags]\" order. \n",
      .exit_code_without_command = kExitUsage,
  };
  return RunTool(tool, words, environment);
}

}  // namespace immudb::cli
