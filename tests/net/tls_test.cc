// The server over TLS.

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <filesystem>

#include "certificates.h"
#include "server_fixture.h"

namespace immudb::tests {
namespace {

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

enum class Protocols { kHttp2, kOther, kNone };

Context MakeClientContext(Protocols protocols, const CertificateFiles* identity = nullptr) {
  Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const std::string_view names = protocols == Protocols::kHttp2 ? "\2h2" : "\3foo";
  if (protocols != Protocols::kNone) {
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(names.data()),
                            static_cast<unsigned>(names.size()));
  }
  if (identity != nullptr) {
    SSL_CTX_use_certificate_chain_file(context.get(), identity->certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), identity->key.c_str(), SSL_FILETYPE_PEM);
  }
  return context;
}

class TlsTest : public ServerFixture {
 protected:
  TlsTest() {
    folder = (std::filesystem::temp_directory_path() / ("tls_test_" + std::to_string(getpid())))
                 .string();
    std::filesystem::create_directories(folder);
    identity = MakeCertificate(folder, "server", nullptr);
  }
  ~TlsTest() override { std::filesystem::remove_all(folder); }
  TlsTest(const TlsTest&) = delete;
  TlsTest& operator=(const TlsTest&) = delete;

  std::shared_ptr<const net::TlsContext> Load(const net::TlsOptions& tls) {
    auto context = net::TlsContext::Load(tls);
    EXPECT_TRUE(context) << context.error().message;
    return *context;
  }

  void StartTls(const std::string& client_authorities = "") {
    options.tls = Load({.certificate_file = identity.certificate,
                        .key_file = identity.key,
                        .client_authorities_file = client_authorities});
    Start();
  }

  // The status of a call, or why there was none.
  std::string Try(const Context& context, std::string_view message = "x") {
    const auto client = Client::ToPort(server->port(), context.get());
    if (client == nullptr) return "refused";
    const Reply reply = client->Call("/echo", message);
    if (!reply.closed_as) return "closed";
    return reply.body == Framed(message) ? reply.status() : "other body";
  }

  std::string folder;
  CertificateFiles identity;
};

TEST_F(TlsTest, CallsAreAnsweredUnderBothVersions) {
  StartTls();
  Context context = MakeClientContext(Protocols::kHttp2);
  EXPECT_EQ(Try(context), "0");
  EXPECT_EQ(Try(context, std::string(3U << 20, 'l')), "0");
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  EXPECT_EQ(Try(context), "0");
  const auto client = Client::ToPort(server->port(), context.get());
  EXPECT_EQ(client->Call("/who", "").body, Framed("127.0.0.1 local encrypted"));
}

// Pitfall 22: a burst of records is decrypted at once, and no readiness announces the later ones.
TEST_F(TlsTest, ABurstOfCallsIsReadToItsEnd) {
  StartTls();
  const Context context = MakeClientContext(Protocols::kHttp2);
  const auto client = Client::ToPort(server->port(), context.get());
  std::vector<std::int32_t> ids;
  ids.reserve(90);
  for (int i = 0; i < 90; ++i) ids.push_back(client->Begin("/away", std::string(2'000, 'b')));
  for (const std::int32_t id : ids) EXPECT_EQ(client->Await(id).status(), "0");
}

TEST_F(TlsTest, OldVersionsAreRefused) {
  StartTls();
  const Context context = MakeClientContext(Protocols::kHttp2);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  EXPECT_EQ(Try(context), "refused");
}

TEST_F(TlsTest, APeerThatDoesNotSpeakHttp2IsRefused) {
  StartTls();
  EXPECT_EQ(Try(MakeClientContext(Protocols::kOther)), "refused");
  // It is asked again after the handshake, because the selection isn't called without an offer.
  EXPECT_EQ(Try(MakeClientContext(Protocols::kNone)), "closed");
}

TEST_F(TlsTest, ClearTextIsRefused) {
  StartTls();
  const auto client = Connect();
  EXPECT_FALSE(client->Call("/echo", "x").closed_as);
}

TEST_F(TlsTest, WithClientAuthoritiesOnlyTheirClientsAreServed) {
  const CertificateFiles authority = MakeCertificate(folder, "authority", nullptr);
  const CertificateFiles good = MakeCertificate(folder, "good", &authority);
  const CertificateFiles stranger = MakeCertificate(folder, "stranger", nullptr);
  StartTls(authority.certificate);
  EXPECT_EQ(Try(MakeClientContext(Protocols::kHttp2, &good)), "0");
  EXPECT_NE(Try(MakeClientContext(Protocols::kHttp2, &stranger)), "0");
  EXPECT_NE(Try(MakeClientContext(Protocols::kHttp2)), "0");
}

TEST_F(TlsTest, AReplacedIdentityIsShownToNewConnectionsAndOldOnesGoOn) {
  StartTls();
  const Context context = MakeClientContext(Protocols::kHttp2);
  const auto old = Client::ToPort(server->port(), context.get());
  EXPECT_EQ(old->PeerName(), "server");
  const CertificateFiles renewed = MakeCertificate(folder, "renewed", nullptr);
  server->ReplaceTls(Load({.certificate_file = renewed.certificate,
                           .key_file = renewed.key,
                           .client_authorities_file = ""}));
  const auto fresh = Client::ToPort(server->port(), context.get());
  EXPECT_EQ(fresh->PeerName(), "renewed");
  EXPECT_EQ(fresh->Call("/echo", "x").status(), "0");
  EXPECT_EQ(old->Call("/echo", "x").status(), "0");
}

TEST_F(TlsTest, UnusableFilesAreNamed) {
  const auto load = [](const std::string& certificate, const std::string& key,
                       const std::string& authorities) {
    const auto context = net::TlsContext::Load(
        {.certificate_file = certificate, .key_file = key, .client_authorities_file = authorities});
    return context ? std::string("loaded") : context.error().message;
  };
  const CertificateFiles other = MakeCertificate(folder, "other", nullptr);
  EXPECT_NE(load("/nowhere", identity.key, "").find("/nowhere"), std::string::npos);
  EXPECT_NE(load(identity.certificate, "/nowhere", "").find("/nowhere"), std::string::npos);
  EXPECT_NE(load(identity.certificate, other.key, ""), "loaded");
  EXPECT_NE(load(identity.certificate, identity.key, "/nowhere").find("/nowhere"),
            std::string::npos);
  EXPECT_EQ(load(identity.certificate, identity.key, identity.certificate), "loaded");
}

TEST_F(TlsTest, AHandshakeThatNeverEndsIsClosed) {
  options.handshake_ms = 100;
  StartTls();
  const auto client = Connect();
  client->SendRaw(std::string("\x16\x03\x01\x02\x00\x01", 6));
  EXPECT_TRUE(client->AwaitEnd(30));
}

}  // namespace
}  // namespace immudb::tests
