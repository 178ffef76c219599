/* A TCP stream from guest to guest, in few system calls, which are what costs in User Mode Linux.
 *
 *   guest-stream receive            on port 5001, until the sender ends; prints bytes and the seconds that they took
 *   guest-stream send ADDRESS SECONDS
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char bytes[1 << 18];

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **words)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(5001) };
    int link = socket(AF_INET, SOCK_STREAM, 0);
    long long moved = 0;
    double began;
    ssize_t length;

    if (count == 4 && strcmp(words[1], "send") == 0) {
        if (inet_pton(AF_INET, words[2], &address.sin_addr) != 1
            || connect(link, (struct sockaddr *)&address, sizeof address) != 0)
            return 1;
        for (began = now(); now() < began + atof(words[3]);)
            if (send(link, bytes, sizeof bytes, MSG_NOSIGNAL) < 0)
                return 1;
        return 0;
    }
    if (bind(link, (struct sockaddr *)&address, sizeof address) != 0 || listen(link, 1) != 0
        || (link = accept(link, NULL, NULL)) < 0)
        return 1;
    began = now();
    while ((length = recv(link, bytes, sizeof bytes, 0)) > 0)
        moved += length;
    printf("bytes=%lld seconds=%.3f\n", moved, now() - began);
    return length < 0;
}
