// Plays the recorded conversations with the original server, without a transport and on the real
// engine. Steps that tests/compat/skip.txt lists are sent, but not compared:
// tests/compat/replay.py, which plays the whole of them against the real binary, holds that list to
// its word.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>
#include <pb.pb.h>
#include <schema.pb.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "api/testing/ledger_fixture.h"
#include "base/hex.h"

namespace immudb::api {
namespace {

using nlohmann::json;

struct Topic {
  const char* file;
  int steps_min;  // That are played and compared, so that nothing is left out unnoticed.
};

// A parameter's bytes would say nothing in a test's output.
void PrintTo(const Topic& topic, std::ostream* out) {
  *out << topic.file;
}

class TranscriptTest : public LedgerFixture, public testing::WithParamInterface<Topic> {
 protected:
  static Bytes RequestBytes(const json& hex) {
    if (hex.is_string()) return FromHex(hex.get<std::string>()).value();
    Bytes all;
    for (const json& piece : hex) {
      const Bytes once = FromHex(piece["hex"].get<std::string>()).value();
      for (int i = 0; i < piece.value("times", 1); ++i) {
        all.insert(all.end(), once.begin(), once.end());
      }
    }
    return all;
  }

  rpc::Metadata MetadataOf(const json& step) const {
    rpc::Metadata metadata;
    for (const json& pair : step["metadata"]) {
      std::string value = pair[1];
      const std::size_t at = value.find("$token:");
      if (at != std::string::npos) {
        const std::size_t begin = at + 7;
        std::size_t end = begin;
        while (end < value.size() && (isalnum(value[end]) != 0 || value[end] == '_' ||
                                      value[end] == '@' || value[end] == '-')) {
          ++end;
        }
        const auto token = tokens_.find(value.substr(begin, end - begin));
        value.replace(at, end - at, token == tokens_.end() ? "unknown" : token->second);
      }
      metadata.emplace_back(pair[0], value);
    }
    return metadata;
  }

  // The reply as a message of the method's output type.
  std::unique_ptr<google::protobuf::Message> ParseReply(const std::string& path,
                                                        const Bytes& bytes) {
    const google::protobuf::MethodDescriptor* method =
        google::protobuf::DescriptorPool::generated_pool()
            ->FindServiceByName("immudb.schema.ImmuService")
            ->FindMethodByName(path.substr(Path("").size()));
    std::unique_ptr<google::protobuf::Message> message(
        factory_.GetPrototype(method->output_type())->New());
    EXPECT_TRUE(message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    return message;
  }

  void Capture(const json& step, const Bytes& reply) {
    if (!step.contains("capture")) return;
    const auto message = ParseReply(step["rpc"], reply);
    for (const auto& [name, field] : step["capture"].items()) {
      tokens_[name] = message->GetReflection()->GetString(
          *message, message->GetDescriptor()->FindFieldByName(field.get<std::string>()));
    }
  }

  void Compare(const json& step, const FakeAnswer& answer) {
    const json& expect = step["expect"];
    EXPECT_EQ(static_cast<int>(answer.status.code), expect["code"].get<int>());
    if (!IsVolatile(step, "expect.message")) {
      EXPECT_EQ(answer.status.message, expect["message"].get<std::string>());
    }
    EXPECT_TRUE(answer.has_initial_metadata || !expect.contains("headers") ||
                expect["headers"].empty());
    if (expect["code"] == 0 && expect.contains("responseHex")) {
      const Bytes recorded = FromHex(expect["responseHex"].get<std::string>()).value();
      // As bytes: NaN is to equal itself, and 0 not to equal -0.
      EXPECT_EQ(Canonical(step["rpc"], answer.reply), Canonical(step["rpc"], recorded))
          << ToHex(answer.reply) << "\n"
          << ToHex(recorded);
    }
  }

  std::string Canonical(const std::string& path, const Bytes& reply) {
    return ParseReply(path, reply)->SerializeAsString();
  }

  // The records of a stream in a fixed order: how it is cut is free.
  static std::multiset<std::string> Records(const std::vector<Bytes>& messages) {
    std::multiset<std::string> records;
    for (const Bytes& message : messages) {
      auto list = Parsed<pb::KVList>(message);
      for (pb::KV& record : *list.mutable_kv()) {
        record.clear_stream_id();
        records.insert(record.SerializeAsString());
      }
    }
    return records;
  }

  void CompareStream(const json& step, FakeCaller& caller) {
    const std::unique_ptr<rpc::MessageStream> stream = caller.TakeStream();
    if (stream == nullptr) return Compare(step, *caller.answer());
    std::vector<Bytes> messages;
    EXPECT_TRUE(ReadStream(*stream, messages).ok());
    std::vector<Bytes> recorded;
    for (const json& hex : step["expect"]["responsesHex"]) {
      recorded.push_back(FromHex(hex.get<std::string>()).value());
    }
    EXPECT_EQ(Records(messages), Records(recorded));
  }

  // Which steps of the file tests/compat/skip.txt lists, and whether they are to be sent.
  static std::map<int, bool> ListedSteps(const std::string& file) {
    std::ifstream list(IMMUDB_SOURCE_DIR "/tests/compat/skip.txt");
    std::map<int, bool> steps;
    for (std::string line; std::getline(list, line);) {
      std::istringstream words(line);
      std::string name;
      std::string numbers;
      std::string kind;
      words >> name >> numbers >> kind;
      if (name != file) continue;
      std::istringstream parts(numbers);
      for (std::string part; std::getline(parts, part, ',');) {
        const std::size_t dash = part.find('-');
        const int first = std::stoi(part);
        const int last = dash == std::string::npos ? first : std::stoi(part.substr(dash + 1));
        for (int step = first; step <= last; ++step) steps[step] = kind != "unplayed";
      }
    }
    return steps;
  }

  static ServiceOptions OptionsFor(const json& flags) {
    ServiceOptions options{.version_text = "immudb 0.0.0"};
    for (const json& flag : flags) {
      if (flag == "--auth=false") options.auth = false;
      if (flag == "--maintenance") options.maintenance = true;
      if (flag == "--devmode") options.dev_mode = true;
    }
    return options;
  }

  void Renew(const json& one_case, const json& flags_of_file) {
    const bool is_fresh = one_case.value("fresh", false);
    if (!is_fresh && !one_case.contains("restart")) return;
    StopService();
    if (is_fresh) {
      files_.Restore(io::MemoryFileSystem().TakeSnapshot());
      tokens_.clear();
    }
    StartService(OptionsFor(is_fresh ? flags_of_file : one_case["restart"]));
  }

  static bool IsVolatile(const json& step, const char* path) {
    for (const json& entry : step.value("volatile", json::array())) {
      if (entry == path) return true;
    }
    return false;
  }

  std::map<std::string, std::string> tokens_;
  google::protobuf::DynamicMessageFactory factory_;
};

TEST_P(TranscriptTest, AnswersAsRecorded) {
  std::ifstream file(std::string(IMMUDB_SOURCE_DIR "/tests/compat/data/") + GetParam().file);
  const json transcript = json::parse(file);
  StartService(OptionsFor(transcript["server"]["flags"]));
  const std::map<int, bool> listed = ListedSteps(GetParam().file);
  int compared = 0;
  for (const json& one_case : transcript["cases"]) {
    Renew(one_case, transcript["server"]["flags"]);
    for (const json& step : one_case["steps"]) {
      const std::string rpc = step["rpc"];
      const auto mark = listed.find(step["id"].get<int>());
      if (mark != listed.end() && !mark->second) continue;
      // What the transport refuses never gets here.
      if (step["expect"]["code"] == 8 && rpc.ends_with("/Set")) continue;
      SCOPED_TRACE(Text("{} step {} {}", GetParam().file, step["id"].get<int>(), rpc));
      const auto caller = Begin(
          {.path = rpc, .message = RequestBytes(step["requestHex"]), .metadata = MetadataOf(step)});
      RunAll();
      WaitFor(*caller);
      if (caller->answer()->status.ok()) Capture(step, caller->answer()->reply);
      if (mark != listed.end()) continue;
      CompareStream(step, *caller);
      ++compared;
    }
  }
  EXPECT_GE(compared, GetParam().steps_min);
}

INSTANTIATE_TEST_SUITE_P(
    Topics, TranscriptTest,
    testing::Values(Topic{"01-session.json", 185}, Topic{"02-set-get.json", 85},
                    Topic{"03-safe-set-first.json", 16}, Topic{"04-batches.json", 23},
                    Topic{"05-exec-all-ops.json", 65}, Topic{"06-references.json", 84},
                    Topic{"07-sorted-sets.json", 124}, Topic{"08-scans.json", 157},
                    Topic{"09-indexes-and-proofs.json", 248}, Topic{"10-databases.json", 80},
                    Topic{"11-users.json", 264}, Topic{"12-config-rpcs.json", 5},
                    Topic{"13-tree-and-dump.json", 30}, Topic{"14-protocol.json", 71},
                    Topic{"15-failed-writes.json", 40}, Topic{"16-crashes.json", 25},
                    Topic{"17-auth-off.json", 47}, Topic{"18-restarts.json", 65},
                    Topic{"19-maintenance.json", 49}, Topic{"structured-values.json", 37},
                    Topic{"structured-access.json", 22}, Topic{"structured-lists.json", 38}),
    [](const auto& topic) {
      std::string name = topic.param.file;
      for (char& character : name) {
        if (isalnum(character) == 0) character = '_';
      }
      return name;
    });

}  // namespace
}  // namespace immudb::api
