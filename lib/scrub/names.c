/* SPDX-License-Identifier: MIT */
#include "scrub/names.h"

size_t td_name_fold(struct td_bytes name, char *folded, size_t size)
{
    size_t len = 0, from = name.len > size ? name.len - size : 0;
    for (size_t i = from; i < name.len; i++) {
        char c = name.data[i];
        if (c == '-' || c == '_' || c == '.' || c == ' ')
            continue;
        folded[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    return len;
}

bool td_name_in_text(struct td_bytes name)
{
    static const char *const own[] = {
        "xamzcredential", "xamzsignature",   "xamzsecuritytoken", "xgoogcredential",
        "xgoogsignature", "accesstoken",     "refreshtoken",      "idtoken",
        "authtoken",      "clientsecret",    "clientassertion",   "apikey",
        "xapikey",        "subscriptionkey",
    };
    char folded[64];
    size_t len = td_name_fold(name, folded, sizeof folded);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (td_bytes_equal(td_bytes(folded, len), td_bytes_of(own[i])))
            return true;
    return false;
}

void td_names_init(struct td_names *names)
{
    td_map_init(&names->map);
}

void td_names_release(struct td_names *names)
{
    td_map_release(&names->map);
}

enum { LONGEST = 64 };

static struct td_hash hash_name(enum td_name_kind kind, struct td_bytes name)
{
    char folded[LONGEST + 1];
    size_t len = td_name_fold(name, folded, LONGEST);
    folded[len++] = (char)kind;
    return td_hash_bytes(td_bytes(folded, len));
}

int td_names_add(struct td_names *names, enum td_name_kind kind, struct td_bytes name,
                 const char *id)
{
    return td_map_put(&names->map, hash_name(kind, name), (void *)(uintptr_t)id);
}

void td_names_remove(struct td_names *names, enum td_name_kind kind, struct td_bytes name)
{
    td_map_remove(&names->map, hash_name(kind, name));
}

const char *td_names_find(const struct td_names *names, enum td_name_kind kind,
                          struct td_bytes name)
{
    if (!name.len || name.len > LONGEST)
        return NULL;
    return td_map_get(&names->map, hash_name(kind, name));
}
