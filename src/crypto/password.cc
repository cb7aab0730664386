#include "crypto/password.h"

#include <crypt.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "base/check.h"
#include "base/error.h"
#include "crypto/constant_time.h"

namespace immudb::crypto {
namespace {

constexpr std::uint32_t kYescryptCostMin = 1;
constexpr std::uint32_t kYescryptCostMax = 11;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kBcryptPasswordBytesMax = 72;
constexpr std::size_t kBcryptVerifierBytes = 60;
constexpr int kBcryptCostMin = 4;
constexpr int kBcryptCostMax = 16;  // Three seconds; immudb 0.8.1 uses 10.

static_assert(kPasswordBytesMax + 1 == CRYPT_MAX_PASSPHRASE_SIZE);

template <typename T>
std::span<std::uint8_t> BytesOf(T& object) {
  return {reinterpret_cast<std::uint8_t*>(&object), sizeof object};
}

bool HasZeroByte(std::string_view password) {
  return password.find('\0') != std::string_view::npos;
}

// Returns what crypt(3) makes of `password` and `setting`.
// Requires: no zero byte in the password, which is no longer than kPasswordBytesMax.
Result<std::string> Crypt(std::string_view password, std::string_view setting) {
  struct Scratch {
    crypt_data data;
    std::array<char, kPasswordBytesMax + 1> phrase;
  };
  const auto wipe_and_free = [](Scratch* scratch) {
    Wipe(BytesOf(*scratch));
    std::default_delete<Scratch>()(scratch);
  };
  // On the heap: crypt_data is 32 KiB.
  const std::unique_ptr<Scratch, decltype(wipe_and_free)> scratch(
      std::make_unique<Scratch>().release(), wipe_and_free);
  IMMUDB_CHECK(password.size() <= kPasswordBytesMax);
  password.copy(scratch->phrase.data(), password.size());

  errno = 0;
  const char* const hash =
      crypt_r(scratch->phrase.data(), std::string(setting).c_str(), &scratch->data);
  if (hash != nullptr && hash[0] != '*') return std::string(hash);
  if (errno == ENOMEM) return Fail(Code::kExhausted, "no memory to hash a password");
  return Fail(Code::kUnsupported, "the password verifier is malformed");
}

// Makes the part of a yescrypt verifier that names method, cost and salt.
std::string YescryptSetting(std::uint32_t cost, std::span<const std::uint8_t> salt) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  const char* const made = crypt_gensalt_rn("$y$", cost, reinterpret_cast<const char*>(salt.data()),
                                            static_cast<int>(salt.size()), setting.data(),
                                            static_cast<int>(setting.size()));
  IMMUDB_CHECK(made != nullptr);
  return made;
}

// The part of a yescrypt verifier that stands for its cost: up to the salt, "$y$j9T$".
std::string_view CostPrefix(std::string_view verifier) {
  constexpr std::size_t kMethodBytes = 3;
  if (!verifier.starts_with("$y$")) return {};
  const std::size_t end = verifier.find('$', kMethodBytes);
  return end == std::string_view::npos ? std::string_view() : verifier.substr(0, end + 1);
}

std::optional<std::uint32_t> YescryptCost(std::string_view verifier) {
  const std::string_view prefix = CostPrefix(verifier);
  if (prefix.empty()) return std::nullopt;
  const std::array<std::uint8_t, kSaltBytes> any_salt{};
  for (std::uint32_t cost = kYescryptCostMin; cost <= kYescryptCostMax; cost++) {
    if (CostPrefix(YescryptSetting(cost, any_salt)) == prefix) return cost;
  }
  return std::nullopt;
}

bool IsBcrypt(std::string_view verifier) {
  if (verifier.size() != kBcryptVerifierBytes) return false;
  if (!verifier.starts_with("$2a$") && !verifier.starts_with("$2b$") &&
      !verifier.starts_with("$2y$")) {
    return false;
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(verifier[4]) || !is_digit(verifier[5]) || verifier[6] != '$') return false;
  const int cost = (verifier[4] - '0') * 10 + (verifier[5] - '0');
  return cost >= kBcryptCostMin && cost <= kBcryptCostMax;
}

void CheckCost(PasswordCost cost) {
  IMMUDB_CHECK(cost.yescrypt >= kYescryptCostMin);
  IMMUDB_CHECK(cost.yescrypt <= kYescryptCostMax);
}

}  // namespace

Result<std::string> HashPassword(std::string_view password, PasswordCost cost,
                                 RandomSource& random) {
  CheckCost(cost);
  if (password.size() > kPasswordBytesMax) {
    return Fail(Code::kInvalidArgument, "a password is longer than {} bytes", kPasswordBytesMax);
  }
  if (HasZeroByte(password)) return Fail(Code::kInvalidArgument, "a password holds a zero byte");
  std::array<std::uint8_t, kSaltBytes> salt{};
  IMMUDB_TRY(random.Fill(salt));
  return Crypt(password, YescryptSetting(cost.yescrypt, salt));
}

Result<PasswordCheck> VerifyPassword(std::string_view password, std::string_view verifier,
                                     PasswordCost cost) {
  CheckCost(cost);
  const std::optional<std::uint32_t> yescrypt_cost = YescryptCost(verifier);
  const bool is_bcrypt = IsBcrypt(verifier);
  if (HasZeroByte(verifier) || (!yescrypt_cost.has_value() && !is_bcrypt)) {
    return Fail(Code::kUnsupported, "the password verifier is of an unknown method or cost");
  }
  if (HasZeroByte(password)) return PasswordCheck::kWrong;
  if (is_bcrypt) password = password.substr(0, kBcryptPasswordBytesMax);
  if (password.size() > kPasswordBytesMax) return PasswordCheck::kWrong;

  IMMUDB_ASSIGN(const std::string found, Crypt(password, verifier));
  if (!ConstantTimeEqual(AsBytes(found), AsBytes(verifier))) return PasswordCheck::kWrong;
  return yescrypt_cost == cost.yescrypt ? PasswordCheck::kRight : PasswordCheck::kRightButOutdated;
}

}  // namespace immudb::crypto
