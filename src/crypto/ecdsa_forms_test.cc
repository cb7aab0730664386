// The forms of keys that users have, and openssl as the judge of signatures.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/hex.h"
#include "crypto/ecdsa.h"

namespace immudb::crypto {
namespace {

// Made by openssl for this test and used nowhere else.
constexpr const char* kWithParameters =
    "-----BEGIN EC PARAMETERS-----\n"
    "BggqhkjOPQMBBw==\n"
    "-----END EC PARAMETERS-----\n"
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEILG8LfWps2oC/Bj6YsjSCu2xMOGwX8XJkdAtgy7jIxmkoAoGCCqGSM49\n"
    "AwEHoUQDQgAEZTgkyuL+zGBLAWiVAE3UhraSgQwYM4ab+D0Yh55DylG+oMSZDDCj\n"
    "0GboDt6v54E1ppJMfaUlWK89mnCjK76CRQ==\n"
    "-----END EC PRIVATE KEY-----\n";
constexpr const char* kSec1 =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIEdENbW4VQdNsUNc0qyyACd/zMxQiGeZze2S3bYNAb94oAoGCCqGSM49\n"
    "AwEHoUQDQgAEX8aHJJr/KsGvJNJlUEh+WPPna4dA9Lj4pXo/mYGYjGdc+OySJ6ir\n"
    "7j3TjNR+ORsraPqfFtKqWvva320LBFUMRQ==\n"
    "-----END EC PRIVATE KEY-----\n";
constexpr const char* kPkcs8 =  // The same key as above.
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgR0Q1tbhVB02xQ1zS\n"
    "rLIAJ3/MzFCIZ5nN7ZLdtg0Bv3ihRANCAARfxockmv8qwa8k0mVQSH5Y8+drh0D0\n"
    "uPilej+ZgZiMZ1z47JInqKvuPdOM1H45Gyto+p8W0qpa+9rfbQsEVQxF\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* kOtherCurve =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MIGkAgEBBDDTorbxYBVzBtSFtNC98ixO2cE99xLpQV98g9l5XXu2jjgaPj/5jqrg\n"
    "gFAlu8fVLTigBwYFK4EEACKhZANiAATuGVrYw5LHnh8QvM88l30jXaSU/FYYX7/H\n"
    "UDo3xk2SlsuFidM9WM5O7nju/12P40SCXd3McXmbVB4mxKOxZpHTsejTzzrsRSAo\n"
    "0gAAX6F5Mgn9dgBLe0y0qMhGP13yXM8=\n"
    "-----END EC PRIVATE KEY-----\n";
constexpr const char* kEncrypted =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-128-CBC,94562A081446C61CFD7E5CCDB0D7C3C8\n"
    "\n"
    "H52824jyuKsT7o0sVYpi594uLsbMNNU00JQybsmR8uOUivOn5Vwjx0cHW3CKTL/n\n"
    "PQQZ3i2HeC7fES387/Y/Txau0OT+DDJRSO0s+I51dSL+omWesB0fAlpJ22L0epdr\n"
    "GiQpLSQuefnrqMjMVPaPWmmBuQQdiv2uvM6SGEFFI7E=\n"
    "-----END EC PRIVATE KEY-----\n";
constexpr const char* kPublicKey =  // Of kSec1.
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEX8aHJJr/KsGvJNJlUEh+WPPna4dA\n"
    "9Lj4pXo/mYGYjGdc+OySJ6ir7j3TjNR+ORsraPqfFtKqWvva320LBFUMRQ==\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kPoint =
    "045fc687249aff2ac1af24d26550487e58f3e76b8740f4b8f8a57a3f9981988c675cf8ec9227a8abee3dd38cd47e39"
    "1b2b68fa9f16d2aa5afbdadf6d0b04550c45";
const std::string kMessage = "message";

TEST(EcdsaFormsTest, KeysAreReadInEveryFormThatUsersHave) {
  EXPECT_TRUE(EcdsaPrivateKey::FromPem(kWithParameters));
  const auto sec1 = EcdsaPrivateKey::FromPem(kSec1);
  const auto pkcs8 = EcdsaPrivateKey::FromPem(kPkcs8);
  ASSERT_TRUE(sec1 && pkcs8);
  EXPECT_EQ(ToHex(sec1->public_key()), kPoint);
  EXPECT_EQ(sec1->public_key(), pkcs8->public_key());
}

TEST(EcdsaFormsTest, WhatIsNoUsableKeyIsRefusedWithoutAQuestion) {
  for (const char* pem : {"", "no key", kOtherCurve, kEncrypted, kPublicKey}) {
    const auto key = EcdsaPrivateKey::FromPem(pem);
    ASSERT_FALSE(key) << pem;
    EXPECT_EQ(key.error().code, Code::kInvalidArgument);
  }
}

TEST(EcdsaFormsTest, OpensslVerifiesSignaturesMadeHere) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("ecdsa-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const auto write = [&folder](const char* name, BytesView bytes) {
    std::ofstream(folder / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  };
  write("key", AsBytes(std::string_view(kPublicKey)));
  write("message", AsBytes(kMessage));
  write("signature", EcdsaPrivateKey::FromPem(kPkcs8)->Sign(AsBytes(kMessage)).value());
  const std::string command =
      "cd " + folder.string() + " && openssl dgst -sha256 -verify key -signature signature message";
  EXPECT_EQ(std::system((command + " >/dev/null").c_str()), 0);
  write("message", AsBytes("another"));
  EXPECT_NE(std::system((command + " >/dev/null 2>&1").c_str()), 0);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace immudb::crypto
