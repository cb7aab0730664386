#include "closed_loop.h"

#include <poll.h>

#include "base/error.h"

namespace immudb::bench {
namespace {

// Waits until a connection can go on, and lets all that can.
void Turn(Clients& clients, std::vector<pollfd>& waits) {
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i]->Send();
    const int events = clients[i]->wants_to_send() ? POLLIN | POLLOUT : POLLIN;
    waits[i] = {clients[i]->file(), static_cast<short>(events), 0};
  }
  poll(waits.data(), waits.size(), -1);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if ((waits[i].revents & ~POLLOUT) != 0) clients[i]->Receive();
  }
}

void CheckAnswer(const Answer& answer) {
  const auto kind = static_cast<CallKind>(answer.kind);
  if (answer.status != 0) {
    GiveUp(Text("{} was answered with status {}: {}", NameOf(kind), answer.status, answer.text));
  }
  if (answer.message.size() < LeastReplyBytes(kind)) {
    GiveUp(Text("{} was answered with {} bytes", NameOf(kind), answer.message.size()));
  }
}

}  // namespace

std::uint64_t LoadResult::entries_written() const {
  std::uint64_t entries = 0;
  for (const CallKind kind : kServerCalls) entries += of(kind).count() * EntriesOf(kind);
  return entries;
}

LoadResult RunClosedLoop(Clients& clients, const LoadShape& shape,
                         const std::function<Call()>& next) {
  LoadResult result;
  std::size_t open = 0;
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration<double>(shape.seconds);
  for (auto& client : clients) {
    client->set_on_answer([&, client = client.get()](const Answer& answer) {
      CheckAnswer(answer);
      result.all.Add(answer.time);
      result.by_kind[answer.kind].Add(answer.time);
      if (Clock::now() < end) {
        client->Start(next());
      } else {
        --open;
      }
    });
  }
  for (; open < shape.in_flight; ++open) clients[open % clients.size()]->Start(next());
  std::vector<pollfd> waits(clients.size());
  while (open > 0) Turn(clients, waits);
  result.seconds = SecondsSince(start);
  for (auto& client : clients) client->set_on_answer({});
  return result;
}

}  // namespace immudb::bench
