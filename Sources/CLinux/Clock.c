#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/timex.h>

int clinux_clock_is_synchronised(void)
{
    struct timex clock = {0}; /* modes 0: only read */

    if (adjtimex(&clock) < 0)
        return -1;
    return (clock.status & STA_UNSYNC) == 0;
}
