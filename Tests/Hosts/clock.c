/* Shifts the clock that a program sees: to be preloaded. The seconds lie, as text, in the file that CLOCK_SHIFT_FILE names,
 * and are read each time. Clocks that do not tell the time of day stay as they are. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    const char *path = getenv("CLOCK_SHIFT_FILE");
    long seconds = 0;
    FILE *file;

    if (result != 0 || clock != CLOCK_REALTIME || path == NULL || (file = fopen(path, "re")) == NULL)
        return result;
    if (fscanf(file, "%ld", &seconds) == 1)
        time->tv_sec += seconds;
    fclose(file);
    return result;
}
