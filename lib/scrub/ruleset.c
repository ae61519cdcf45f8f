/* SPDX-License-Identifier: MIT */
/* Rules for files: files of rules and options, and the table as a person may read it. */
#include <stdlib.h>

#include "cassette/settings.h"
#include "scrub/file.h"
#include "scrub/rules.h"

/* What is asked for, and kept for as long as the rules live. */
static const char *keep(struct td_scrub_rules *rules, const char *text)
{
    char **texts = reallocarray(rules->texts, rules->text_count + 1, sizeof *texts);
    if (!texts)
        return NULL;
    rules->texts = texts;
    texts[rules->text_count] = strdup(text);
    return texts[rules->text_count] ? texts[rules->text_count++] : NULL;
}

static int keep_list(struct td_scrub_rules *rules, const char *const *texts, size_t count,
                     const char *const **kept, size_t *kept_count)
{
    const char **list = calloc(count + 1, sizeof *list);
    *kept = list;
    for (size_t i = 0; list && i < count; i++)
        if (!(list[i] = keep(rules, texts[i])))
            return TD_ERR_NOMEM;
    *kept_count = count;
    return list ? 0 : TD_ERR_NOMEM;
}

static int load_files(struct td_scrub_rules *rules, const struct td_scrub_options *options,
                      struct td_error *err)
{
    rules->settings = calloc(options->rules_count + 1, sizeof(struct td_settings *));
    if (!rules->settings)
        return td_error_nomem(err);
    for (size_t i = 0; i < options->rules_count; i++) {
        struct td_settings *settings;
        int status = td_settings_load(options->rules[i], &settings, err);
        if (status < 0)
            return status;
        rules->settings[rules->settings_count++] = settings;
    }
    return 0;
}

struct td_scrub_rules *td_scrub_rules_open(const struct td_scrub_options *options,
                                           struct td_error *err)
{
    struct td_scrub_options wanted = {0};
    struct td_scrub_rules *rules = calloc(1, sizeof *rules);
    if (!rules) {
        td_error_nomem(err);
        return NULL;
    }
    if (options)
        memcpy(&wanted, options, options->size < sizeof wanted ? options->size : sizeof wanted);
    struct td_scrub_config *config = &rules->config;
    int status = load_files(rules, &wanted, err);
    if (status == 0 && (keep_list(rules, wanted.secret_env, wanted.secret_env_count,
                                  &config->secret_env, &config->secret_env_count) < 0 ||
                        keep_list(rules, wanted.allowed, wanted.allowed_count, &config->allowed,
                                  &config->allowed_count) < 0))
        status = td_error_nomem(err);
    config->settings = rules->settings;
    config->settings_count = rules->settings_count;
    config->allow_headers = wanted.allow_headers;
    config->pseudonyms = wanted.pseudonyms;
    config->emails = wanted.emails;
    config->ids = wanted.ids;
    if (status == 0)
        status = td_scrubber_new(&rules->scrubber, config, err);
    if (status == 0)
        return rules;
    td_scrub_rules_close(rules);
    return NULL;
}

void td_scrub_rules_close(struct td_scrub_rules *rules)
{
    if (!rules)
        return;
    for (size_t i = 0; i < rules->settings_count; i++)
        td_settings_free((struct td_settings *)(uintptr_t)rules->settings[i]);
    for (size_t i = 0; i < rules->text_count; i++)
        free(rules->texts[i]);
    free(rules->settings);
    free(rules->texts);
    free((void *)(uintptr_t)rules->config.secret_env);
    free((void *)(uintptr_t)rules->config.allowed);
    td_scrubber_free(rules->scrubber);
    free(rules);
}

static bool has_rules(const struct td_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++)
        if (td_bytes_starts_nocase(settings->items[i].path, TD_BYTES("scrub")))
            return true;
    return false;
}

int td_scrub_rules_for(const struct td_scrub_rules *rules, const struct td_settings *settings,
                       const struct td_scrubber **scrubber, struct td_scrubber **own,
                       struct td_error *err)
{
    *own = NULL;
    *scrubber = rules->scrubber;
    if (!has_rules(settings))
        return 0;
    struct td_scrub_config config = rules->config;
    const struct td_settings **all = calloc(rules->settings_count + 1, sizeof *all);
    if (!all)
        return td_error_nomem(err);
    for (size_t i = 0; i < rules->settings_count; i++)
        all[i] = rules->settings[i];
    all[rules->settings_count] = settings;
    config.settings = all;
    config.settings_count = rules->settings_count + 1;
    int status = td_scrubber_new(own, &config, err);
    free(all);
    *scrubber = *own;
    return status;
}

static const char *const name_whats[] = {
    "what authorizes a request", "an API key, by its name", "a token, by its name",
    "a client's secret",         "a password, by its name", "a private key, by its name",
    "a connection string",       "a signature in a URL",    "whose account it is",
};

bool td_scrub_rule_at(size_t position, struct td_scrub_rule *rule)
{
    *rule = (struct td_scrub_rule){0};
    if (position < td_name_rule_count) {
        const struct td_name_rule *name = &td_name_rules[position];
        *rule = (struct td_scrub_rule){name->id, name_whats[position], name->source, false};
        return true;
    }
    position -= td_name_rule_count;
    if (position < td_key_shape_count) {
        const struct td_key_shape *shape = &td_key_shapes[position];
        *rule = (struct td_scrub_rule){shape->id, "a secret by its form", shape->source, false};
        return true;
    }
    position -= td_key_shape_count;
    if (position >= TD_SPECIAL_COUNT)
        return false;
    const struct td_special_rule *special = &td_special_rules[position];
    *rule = (struct td_scrub_rule){special->id, special->what, special->source,
                                   position >= TD_SPECIAL_ALLOW};
    return true;
}

const char *td_scrub_rule_what(const char *id)
{
    struct td_scrub_rule rule;
    for (size_t i = 0; td_scrub_rule_at(i, &rule); i++)
        if (strcmp(rule.id, id) == 0)
            return rule.what;
    return "a secret by a rule of your own";
}
