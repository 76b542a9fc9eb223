/* SPDX-License-Identifier: MIT */
/**
 * DOC: replay - a kept corpus through a harness, without libFuzzer
 *
 * usage: NAME [-s] FILE|FOLDER...
 * -s demands that the inputs led through all eleven states of TCP, and prints them. Inputs lie in
 * heap blocks of exactly their size, as libFuzzer has it. A file that cannot be read is an error.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "weft/sock.h"

#define PATH_BYTES  4096
#define INPUT_BYTES (1 << 20)

static unsigned long inputs;

static int run_file(const char *path)
{
    static uint8_t buf[INPUT_BYTES];
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return 1;
    }
    size_t n = fread(buf, 1, sizeof(buf), f);
    fclose(f);
    uint8_t *input = malloc(n > 0 ? n : 1);
    FUZZ_CHECK(input != NULL);
    memcpy(input, buf, n);
    (void)LLVMFuzzerTestOneInput(input, n);
    free(input);
    inputs++;
    return 0;
}

static int run_folder(const char *path)
{
    char name[PATH_BYTES];
    struct dirent **entry = NULL;
    int bad = 0, n = scandir(path, &entry, NULL, alphasort);
    if (n < 0) {
        perror(path);
        return 1;
    }
    for (int i = 0; i < n; i++) {
        int len = snprintf(name, sizeof(name), "%s/%s", path, entry[i]->d_name);
        if (entry[i]->d_name[0] != '.' && len > 0 && len < PATH_BYTES)
            bad |= run_file(name);
        free(entry[i]);
    }
    free(entry);
    return bad;
}

static int all_states(void)
{
    int missing = 0;
    for (unsigned s = 0; s < WEFT_TCP_STATE_COUNT; s++) {
        missing += (fuzz_states_seen >> s & 1) == 0;
        printf("%s%s", (fuzz_states_seen >> s & 1) != 0 ? " " : " NOT ", weft_tcp_state_name(s));
    }
    printf("\n%d of %d states reached\n", WEFT_TCP_STATE_COUNT - missing, WEFT_TCP_STATE_COUNT);
    return missing > 0;
}

int main(int argc, char **argv)
{
    int bad = 0, first = 1;
    struct stat st;
    bool wants_states = argc > 1 && strcmp(argv[1], "-s") == 0;
    for (first += wants_states; first < argc; first++) {
        if (stat(argv[first], &st) == 0 && S_ISDIR(st.st_mode))
            bad |= run_folder(argv[first]);
        else
            bad |= run_file(argv[first]);
    }
    printf("%lu inputs\n", inputs);
    if (wants_states)
        bad |= all_states();
    return bad || inputs == 0;
}
