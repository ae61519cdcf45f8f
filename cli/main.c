/* SPDX-License-Identifier: MIT */
/* tapedeck: one command a file, and the table of them here. */
#include <stdio.h>
#include <string.h>

#include <tapedeck/tapedeck.h>

#include "command.h"

static const struct command *const commands[] = {
    &check_command,  &convert_command, &diff_command, &record_command,
    &replay_command, &scrub_command,   &show_command,
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const struct command *find(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static void print_help(void)
{
    puts("tapedeck records the HTTP traffic of unmodified programs, and plays it back offline.\n"
         "\n"
         "Usage: tapedeck COMMAND [ARGUMENT...]\n"
         "\n"
         "Commands:");
    for (int i = 0; i < COMMAND_COUNT; i++)
        printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
    puts("\n"
         "  tapedeck COMMAND --help    explains one of them\n"
         "  tapedeck --version         says which tapedeck this is\n"
         "\n"
         "An example: what curl would get from the network comes from the cassette.\n"
         "  tapedeck replay hello.yaml -- curl -sN https://api.openai.com/v1/... -d @body.json\n"
         "\n"
         "Exit codes: 0 clean; 1 misses, differences or findings; 2 a mistake in the command\n"
         "line; 3 a file that could not be read or written.");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) {
        fputs("tapedeck: no command\nTry 'tapedeck --help'.\n", stderr);
        return EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("tapedeck %s\n", td_version());
        return finish_output(EXIT_CLEAN);
    }
    bool help = strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0;
    if (help && argc == 2) {
        print_help();
        return finish_output(EXIT_CLEAN);
    }
    const struct command *command = find(help ? argv[2] : name);
    if (!command) {
        fprintf(stderr, "tapedeck: no command '%s'\nTry 'tapedeck --help'.\n",
                help ? argv[2] : name);
        return EXIT_USAGE;
    }
    /* Up to "--": what follows belongs to another program. */
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        help = help || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
    if (help) {
        fputs(command->help, stdout);
        return finish_output(EXIT_CLEAN);
    }
    return command->run(argc - 1, argv + 1);
}
