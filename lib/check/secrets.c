/* SPDX-License-Identifier: MIT */
/* Secrets, by the one table of rules that recording and `tapedeck scrub` have, too. */
#include "check/check.h"
#include "scrub/file.h"

struct looking {
    struct td_scrubber *scrubber;
    struct td_leaks leaks;
};

static void report(struct td_check *check, const struct td_checked *one, const struct td_leak *leak)
{
    const struct td_yaml_node *node = td_scrub_finding_node(one->node, leak);
    struct td_buf part;
    td_buf_init(&part);
    td_scrub_part_name(&part, leak);
    if (td_buf_failed(&part))
        check->no_memory = true;
    else
        td_check_report(check, TD_CHECK_SECRET, one, td_check_mark(node, one->node),
                        "a secret in the %s (%s)", part.data, leak->rule);
    td_buf_release(&part);
}

static void look(struct td_check *check, const struct td_checked *one, void *context)
{
    struct looking *looking = context;
    struct td_interaction copy = *one->model;
    struct td_arena arena;
    td_arena_init(&arena);
    looking->leaks.count = 0;
    if (td_scrub_interaction(looking->scrubber, &copy, &arena, &looking->leaks, NULL) < 0)
        check->no_memory = true;
    for (size_t i = 0; i < looking->leaks.count; i++)
        report(check, one, &looking->leaks.items[i]);
    td_arena_release(&arena);
}

/* Whether something was found in this line already: a setting that does not exist, say. */
static bool is_told(const struct td_check *check, unsigned line)
{
    for (size_t i = 0; i < check->findings.count; i++)
        if (check->findings.items[i].finding.line == line)
            return true;
    return false;
}

void td_check_secrets(struct td_check *check)
{
    struct looking looking = {0};
    const struct td_settings *settings = &check->cassette->settings;
    struct td_scrub_config config = {.settings = &settings, .settings_count = 1};
    struct td_error err;
    if (!check->wanted[TD_CHECK_SECRET])
        return;
    int status = td_scrubber_new(&looking.scrubber, &config, &err);
    if (status == TD_ERR_NOMEM) {
        check->no_memory = true;
    } else if (status < 0) {
        if (!is_told(check, err.line))
            td_check_report(check, TD_CHECK_BAD_SETTING, NULL,
                            (struct td_mark){err.line, err.column}, "%s", err.message);
    } else {
        td_leaks_init(&looking.leaks);
        td_check_each(check, look, &looking);
        td_leaks_release(&looking.leaks);
    }
    td_scrubber_free(looking.scrubber);
}
