/* Sends the lines of standard input to Kestrel's event API: send SOCKET < events.jsonl */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static long sent_lines, accepted_lines;

/* Looks at what Kestrel said; `line` ends with a zero. */
static void take_answer(const char *line) {
    if (strncmp(line, "{\"ack\":", 7) == 0) accepted_lines = atol(line + 7);
    else fprintf(stderr, "%s\n", line);
}

/* Reads answers; 0 when the other side has ended. */
static int read_answers(int fd) {
    static char line[4096];
    static size_t size;
    ssize_t got = read(fd, line + size, sizeof line - 1 - size);
    if (got <= 0) return 0;
    size += (size_t)got;
    line[size] = 0;
    for (char *end; (end = memchr(line, '\n', size)) != NULL;) {
        *end = 0;
        take_answer(line);
        size -= (size_t)(end + 1 - line);
        memmove(line, end + 1, size + 1);
    }
    if (size == sizeof line - 1) size = 0; /* A longer answer than any there is. */
    return 1;
}

/* Sends all of `text`, reading answers meanwhile: who reads none is not read from either. */
static int send_all(int fd, const char *text, size_t size) {
    while (size > 0) {
        struct pollfd wait = {fd, POLLIN | POLLOUT, 0};
        if (poll(&wait, 1, -1) < 0) return 0;
        if ((wait.revents & POLLIN) != 0 && !read_answers(fd)) return 0;
        if ((wait.revents & POLLOUT) == 0) continue;
        ssize_t done = send(fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (done < 0) continue;
        text += done;
        size -= (size_t)done;
    }
    return 1;
}

int main(int count, char **arguments) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (count != 2 || strlen(arguments[1]) >= sizeof address.sun_path) return 2;
    strcpy(address.sun_path, arguments[1]);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror(arguments[1]);
        return 2;
    }
    char *line = NULL;
    size_t room = 0;
    for (ssize_t size; (size = getline(&line, &room, stdin)) > 0;) {
        if (strspn(line, " \t\r\n") == (size_t)size) continue;
        if (!send_all(fd, line, (size_t)size)) return 1;
        sent_lines += 1;
    }
    free(line);
    shutdown(fd, SHUT_WR);
    while (read_answers(fd)) continue;
    return accepted_lines == sent_lines ? 0 : 1;
}
