#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/*
 * The terminal of a program that draws on all of it. It is given back by exit(3) and by the signals of a crash as well,
 * whose handler calls nothing but what signal-safety(7) allows.
 */

/* ECMA-48 and xterm: the alternate screen, no cursor, no wrapping of long lines; and all of that undone. */
static const char enter[] = "\033[?1049h\033[?25l\033[?7l\033[2J";
static const char leave[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

static struct termios found;
static volatile sig_atomic_t is_taken;

static void say(const char *text, size_t count)
{
    ssize_t written;

    do
        written = write(STDOUT_FILENO, text, count);
    while (written < 0 && errno == EINTR);
}

void clinux_give_back_terminal(void)
{
    if (!is_taken)
        return;
    is_taken = 0;
    say(leave, sizeof(leave) - 1);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &found);
}

static void crashed(int number)
{
    clinux_give_back_terminal();
    /* SA_RESETHAND: ends the process now. */
    (void)raise(number);
}

static void prepare(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE};
    static int is_prepared;
    struct sigaction action = {.sa_handler = crashed, .sa_flags = SA_RESETHAND | SA_NODEFER};
    size_t index;

    if (is_prepared)
        return;
    is_prepared = 1;
    (void)atexit(clinux_give_back_terminal);
    for (index = 0; index < sizeof(crashes) / sizeof(crashes[0]); index++)
        (void)sigaction(crashes[index], &action, NULL);
}

int clinux_take_terminal(void)
{
    struct termios raw;

    prepare();
    if (!is_taken && tcgetattr(STDIN_FILENO, &found) != 0)
        return -1;
    raw = found;
    /* Keys come one by one and unseen; those for signals still make signals. */
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) != 0)
        return -1;
    is_taken = 1;
    say(enter, sizeof(enter) - 1);
    return 0;
}

int clinux_terminal_size(uint16_t *columns, uint16_t *rows)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return -1;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}
