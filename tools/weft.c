/* SPDX-License-Identifier: MIT */
/** DOC: weft - the program: a table of subcommands */
#include <stdio.h>
#include <string.h>

#include "tool.h"
#include "weft/weft.h"

static const struct wf_tool *const tools[] = {
    &wf_tool_lab,    &wf_tool_host,  &wf_tool_ping,    &wf_tool_traceroute,
    &wf_tool_fetch,  &wf_tool_show,  &wf_tool_capture, &wf_tool_script,
    &wf_tool_ipcalc, &wf_tool_neigh, &wf_tool_arp,     &wf_tool_route,
};

static const struct wf_tool *find(const char *name)
{
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
        if (strcmp(tools[i]->name, name) == 0)
            return tools[i];
    return NULL;
}

static void print_help(void)
{
    printf("weft - a TCP/IP internet in user space\n\nusage: weft COMMAND [options] ...\n\n");
    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
        printf("  %-12s %s\n", tools[i]->name, tools[i]->summary);
    printf("  %-12s %s\n  %-12s %s\n", "version", "which weft this is", "help [COMMAND]",
           "this text, or the help of a command");
    printf("\nexamples:\n"
           "  weft lab run labs/first-light.yaml --out first-light\n"
           "  weft host --link tap:weft0 --address 10.0.0.2/24 --serve echo\n"
           "  weft help ping\n");
}

static int version(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--json") == 0)
        printf("{\"version\":\"%s\"}\n", WEFT_VERSION);
    else if (argc == 2 && strcmp(argv[1], "--help") == 0)
        printf("usage: weft version [--json]\n\nexamples:\n  weft version\n");
    else if (argc == 1)
        printf("weft %s\n", WEFT_VERSION);
    else
        return wf_usage("'version' takes no operand, not '%s'", argv[1]);
    return WF_EXIT_OK;
}

static int help(int argc, char **argv)
{
    if (argc == 1) {
        print_help();
        return WF_EXIT_OK;
    }
    const struct wf_tool *t = find(argv[1]);
    if (t == NULL)
        return wf_usage("there is no command '%s'", argv[1]);
    wf_help(t);
    return WF_EXIT_OK;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return WF_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return version(argc - 1, argv + 1);
    const struct wf_tool *t = find(name);
    if (t == NULL)
        return wf_usage("there is no command '%s'", name);
    int code = t->run(argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        return code == WF_EXIT_OK ? wf_trouble("standard output cannot be written") : code;
    return code;
}
