/* Random datagrams at a UDP port, as fast as one is told: runs of equal length, each run one call (UDP_SEGMENT).
 *
 *   rain ADDRESS PORT COUNT RATE VNI
 *
 * RATE is in datagrams a second. Of the datagrams some are nothing but random bytes, some have the header of a VXLAN with
 * any VNI, some that of VNI with a random frame in it; some are empty. Prints how many it has sent. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* <linux/udp.h> */
#endif
enum { sockets = 16, most_segments = 64, most_bytes = 60000, longest = 1400 };

static uint64_t state = 88172645463325252u;

/* xorshift64 */
static uint64_t any(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static void fill(uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i += 8) {
    uint64_t word = any();
    memcpy(bytes + i, &word, count - i < 8 ? count - i : 8);
  }
}

/* A VXLAN header of RFC 7348 where there is room for one, in two of three datagrams. */
static void head(uint8_t *bytes, size_t size, uint32_t vni) {
  uint64_t kind = any() % 3;
  if (size < 8 || kind == 0) return;
  memset(bytes, 0, 4);
  bytes[0] = 0x08;
  if (kind == 2) {
    bytes[4] = vni >> 16, bytes[5] = vni >> 8, bytes[6] = vni, bytes[7] = 0;
    if (size >= 20) bytes[14] &= 0xfe; /* A source that is no group can be learned. */
  }
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 6) return 64;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) return 64;
  uint64_t count = strtoull(argv[3], NULL, 10), sent = 0;
  double rate = atof(argv[4]), began = seconds();
  uint32_t vni = strtoul(argv[5], NULL, 10);
  int descriptors[sockets];
  for (int i = 0; i < sockets; i++) {
    descriptors[i] = socket(AF_INET, SOCK_DGRAM, 0);
    if (descriptors[i] < 0 || connect(descriptors[i], (struct sockaddr *)&to, sizeof to) != 0) return perror("rain"), 1;
  }
  static uint8_t bytes[most_bytes + longest];
  while (sent < count) {
    int descriptor = descriptors[any() % sockets];
    double ahead = began + sent / rate - seconds();
    if (ahead > 0.001) nanosleep(&(struct timespec){.tv_nsec = ahead < 0.1 ? (long)(ahead * 1e9) : 100000000}, NULL);
    if (any() % 64 == 0) {
      if (send(descriptor, bytes, 0, 0) == 0) sent++;
      continue;
    }
    int size = 1 + any() % (any() % 16 == 0 ? longest : 120);
    size_t segments = most_bytes / size < most_segments ? most_bytes / size : most_segments;
    if (segments > count - sent) segments = count - sent;
    fill(bytes, segments * size);
    for (size_t i = 0; i < segments; i++) head(bytes + i * size, size, vni);
    setsockopt(descriptor, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size);
    if (send(descriptor, bytes, segments * size, 0) > 0) sent += segments;
  }
  printf("%llu sent in %.1f s\n", (unsigned long long)sent, seconds() - began);
  return 0;
}
