#include "process/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "process/test_program.h"

namespace immudb::process {
namespace {

// A socket as systemd makes one.
class Manager {
 public:
  explicit Manager(std::string name) : socket_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    if (name[0] == '@') name[0] = '\0';
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), std::begin(address.sun_path));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
  }
  ~Manager() { close(socket_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  std::string Received() {
    std::array<char, 64> text{};
    const ssize_t size = recv(socket_, text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(size));
  }

 private:
  int socket_;
};

TEST(ServiceManagerTest, AStateIsOneMessageToTheSocket) {
  const TestFolder folder;
  Manager manager(folder / "notify");
  ASSERT_TRUE(NotifyServiceManager(folder / "notify", "READY=1"));
  EXPECT_EQ(manager.Received(), "READY=1");
  EXPECT_EQ(manager.Received(), "nothing");
}

TEST(ServiceManagerTest, ANameAfterAnAtSignIsNotInTheFileSystem) {
  const std::string name = "@immudb-test-" + std::to_string(getpid());
  Manager manager(name);
  ASSERT_TRUE(NotifyServiceManager(name, "STOPPING=1"));
  EXPECT_EQ(manager.Received(), "STOPPING=1");
}

TEST(ServiceManagerTest, WithoutASocketThereIsNobodyToTell) {
  EXPECT_TRUE(NotifyServiceManager("", "READY=1"));
}

TEST(ServiceManagerTest, AnErrorNamesTheSocket) {
  const TestFolder folder;
  const Status missing = NotifyServiceManager(folder / "none", "READY=1");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kIo);
  EXPECT_THAT(missing.error().message, testing::HasSubstr(folder / "none"));
  for (const std::string& impossible : {std::string("relative"), "/" + std::string(200, 'x')}) {
    const Status refused = NotifyServiceManager(impossible, "READY=1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace immudb::process
