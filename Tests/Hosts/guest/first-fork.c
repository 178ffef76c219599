/* /init of a guest in User Mode Linux: becomes /init.sh when the kernel can fork. Linux 6.1 as UML on a busy host refuses the
 * very first fork now and then, with EAGAIN (6 of 353 boots, four at once on two cores; the next one works), and a shell
 * gives up at that. */
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    pid_t child = -1;
    int tries;

    (void)count;
    for (tries = 0; tries < 500 && (child = fork()) < 0; tries++)
        usleep(10000);
    if (child == 0)
        _exit(0);
    if (child > 0)
        waitpid(child, NULL, 0);
    execv("/init.sh", arguments);
    return 1;
}
