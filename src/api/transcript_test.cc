// Plays the recorded conversations with the original server, without a transport: every step that
// uses a method of the table, and those that name no method at all. The whole of them is played by
// tests/compat/replay.py against the real binary.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <schema.pb.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "api/methods.h"
#include "api/testing/service_fixture.h"
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

class TranscriptTest : public ServiceFixture, public testing::WithParamInterface<Topic> {
 protected:
  static bool IsServed(const std::string& path) {
    const std::string prefix = Path("");
    if (!path.starts_with(prefix)) return true;  // Refusing it is a service of its own.
    const google::protobuf::ServiceDescriptor* service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            "immudb.schema.ImmuService");
    const std::string name = path.substr(prefix.size());
    if (service->FindMethodByName(name) == nullptr) return true;
    for (const MethodRow& row : MethodTable()) {
      if (row.name == name) return true;
    }
    return false;
  }

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
    if (expect["code"] != 0 || !expect.contains("responseHex")) return;
    const Bytes recorded = FromHex(expect["responseHex"].get<std::string>()).value();
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
        *ParseReply(step["rpc"], answer.reply), *ParseReply(step["rpc"], recorded)))
        << ToHex(answer.reply) << "\n"
        << ToHex(recorded);
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

// Steps whose answer depends on entries that calls outside the table wrote: from the first such
// call of a case on, nothing of its database is comparable.
bool ChangesState(const std::string& rpc) {
  for (const char* name : {"ExecAllOps", "Reference", "SafeReference", "ZAdd", "SafeZAdd",
                           "CreateUser", "CreateDatabase", "ChangePassword"}) {
    if (rpc.ends_with(std::string("/") + name)) return true;
  }
  return false;
}

TEST_P(TranscriptTest, AnswersAsRecorded) {
  std::ifstream file(std::string(IMMUDB_SOURCE_DIR "/tests/compat/data/") + GetParam().file);
  const json transcript = json::parse(file);
  StartService();
  int compared = 0;
  bool comparable = true;
  for (const json& one_case : transcript["cases"]) {
    if (one_case.value("fresh", false)) {
      StopService();
      files_.Restore(io::MemoryFileSystem().TakeSnapshot());
      tokens_.clear();
      StartService();
      comparable = true;
    }
    for (const json& step : one_case["steps"]) {
      const std::string rpc = step["rpc"];
      const int code = step["expect"]["code"];
      if (!IsServed(rpc)) {
        // Refused writes change nothing, in the original either.
        if (ChangesState(rpc) && code == 0) comparable = false;
        continue;
      }
      SCOPED_TRACE(Text("{} step {} {}", GetParam().file, step["id"].get<int>(), rpc));
      // What the transport refuses never gets here.
      const bool is_of_transport = code == 8 && rpc.ends_with("/Set");
      // 0.8.1 had no structured calls; those recorded from 0.8.0 are in files of their own.
      const bool is_later_offered = code == 12 && rpc.ends_with("SV");
      if (!comparable || is_of_transport || is_later_offered) continue;
      const FakeAnswer answer = Call(
          {.path = rpc, .message = RequestBytes(step["requestHex"]), .metadata = MetadataOf(step)});
      if (answer.status.ok()) Capture(step, answer.reply);
      if (step.contains("deviate")) continue;
      Compare(step, answer);
      ++compared;
    }
  }
  EXPECT_GE(compared, GetParam().steps_min);
}

INSTANTIATE_TEST_SUITE_P(
    Topics, TranscriptTest,
    testing::Values(Topic{"01-session.json", 79}, Topic{"02-set-get.json", 83},
                    Topic{"03-safe-set-first.json", 16}, Topic{"04-batches.json", 16},
                    Topic{"09-indexes-and-proofs.json", 192}, Topic{"10-databases.json", 75},
                    Topic{"12-config-rpcs.json", 4}, Topic{"14-protocol.json", 54},
                    Topic{"structured-values.json", 37}, Topic{"structured-access.json", 9}),
    [](const auto& topic) {
      std::string name = topic.param.file;
      for (char& character : name) {
        if (isalnum(character) == 0) character = '_';
      }
      return name;
    });

}  // namespace
}  // namespace immudb::api
