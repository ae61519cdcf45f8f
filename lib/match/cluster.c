/* SPDX-License-Identifier: MIT */
/*
 * Each word that any member has is known by a number. A bag is then the words whose count is not
 * that of the base, and with q and m for how far a query and a member are from the base in a word,
 * their distance is the sum of |q - m|: that of |q|, that of |m|, and a correction for the words in
 * which both differ from the base, which the lists of each word's members give.
 */
#include "match/cluster.h"

#include <stdlib.h>

#include "base/grow.h"

struct word {
    uint64_t token;
    uint32_t base;     /* how often the base has it */
    uint32_t postings; /* the last of the members that have it more or less often; 0: none */
};

struct posting {
    uint32_t member;
    int32_t delta;
    uint32_t next; /* 0: none */
};

struct member {
    size_t position;
    size_t distance; /* from the base */
};

struct td_cluster {
    uint32_t *slots; /* number of the word + 1; 0: free */
    size_t slot_count;
    struct word *words;
    size_t word_count, word_capacity;
    struct posting *postings; /* from 1 */
    size_t posting_count, posting_capacity;
    struct member *members;
    size_t member_count, member_capacity;
    size_t base_words; /* the first so many are the base's */
    size_t base_size;
    uint32_t *counts; /* by number of the word, while one is added; zeros otherwise */
    size_t count_capacity;
};

struct td_cluster *td_cluster_new(void)
{
    return calloc(1, sizeof(struct td_cluster));
}

void td_cluster_free(struct td_cluster *cluster)
{
    if (!cluster)
        return;
    free(cluster->slots);
    free(cluster->words);
    free(cluster->postings);
    free(cluster->members);
    free(cluster->counts);
    free(cluster);
}

size_t td_cluster_count(const struct td_cluster *cluster)
{
    return cluster->member_count;
}

size_t td_cluster_position(const struct td_cluster *cluster, size_t n)
{
    return cluster->members[n].position;
}

/* Where the word's number stands, or would. The table is never full. */
static uint32_t *find_slot(const struct td_cluster *cluster, uint64_t token)
{
    size_t at = token & (cluster->slot_count - 1);
    while (cluster->slots[at] && cluster->words[cluster->slots[at] - 1].token != token)
        at = (at + 1) & (cluster->slot_count - 1);
    return &cluster->slots[at];
}

static bool grow_table(struct td_cluster *cluster)
{
    if (cluster->word_count * 2 < cluster->slot_count)
        return true;
    size_t count = cluster->slot_count ? cluster->slot_count * 2 : 64;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (!slots)
        return false;
    free(cluster->slots);
    cluster->slots = slots;
    cluster->slot_count = count;
    for (size_t i = 0; i < cluster->word_count; i++)
        *find_slot(cluster, cluster->words[i].token) = (uint32_t)i + 1;
    return true;
}

/* The number of a word, made if it is new; UINT32_MAX where memory ran out. */
static uint32_t number_of(struct td_cluster *cluster, uint64_t token)
{
    if (!grow_table(cluster))
        return UINT32_MAX;
    uint32_t *slot = find_slot(cluster, token);
    if (!*slot) {
        void *words = td_grow(cluster->words, cluster->word_count, &cluster->word_capacity,
                              sizeof *cluster->words);
        if (!words)
            return UINT32_MAX;
        cluster->words = words;
        cluster->words[cluster->word_count++] = (struct word){.token = token};
        *slot = (uint32_t)cluster->word_count;
    }
    return *slot - 1;
}

/* How often a bag has the words that the cluster knows. */
static void count_words(const struct td_cluster *cluster, const struct td_tokens *tokens,
                        uint32_t *counts)
{
    for (size_t i = 0; cluster->slot_count && i < tokens->count; i++) {
        uint32_t number = *find_slot(cluster, tokens->items[i]);
        if (number)
            counts[number - 1]++;
    }
}

static bool post(struct td_cluster *cluster, uint32_t number, int32_t delta)
{
    if (!cluster->posting_count)
        cluster->posting_count = 1;
    void *postings = td_grow(cluster->postings, cluster->posting_count, &cluster->posting_capacity,
                             sizeof *cluster->postings);
    if (!postings)
        return false;
    cluster->postings = postings;
    struct word *word = &cluster->words[number];
    cluster->postings[cluster->posting_count] =
        (struct posting){(uint32_t)cluster->member_count, delta, word->postings};
    word->postings = (uint32_t)cluster->posting_count++;
    return true;
}

/* Of one that is no base: the lists of the words that it has more or less often. The words that
 * the base does not have are found by going through its own again; each is dealt with once, because
 * its count is then taken. */
static bool add_differences(struct td_cluster *cluster, const struct td_tokens *tokens)
{
    for (size_t i = 0; i < cluster->base_words; i++) {
        int32_t delta = (int32_t)(cluster->counts[i] - cluster->words[i].base);
        if (delta && !post(cluster, (uint32_t)i, delta))
            return false;
    }
    for (size_t i = 0; i < tokens->count; i++) {
        uint32_t number = number_of(cluster, tokens->items[i]);
        if (number == UINT32_MAX)
            return false;
        if (number < cluster->base_words)
            continue;
        uint32_t last = cluster->words[number].postings;
        if (last && cluster->postings[last].member == cluster->member_count)
            cluster->postings[last].delta++;
        else if (!post(cluster, number, 1))
            return false;
    }
    return true;
}

/* From the base: what the base has more or less often, and all that it does not have. */
static size_t base_distance(const struct td_cluster *cluster, const struct td_tokens *tokens,
                            const uint32_t *counts)
{
    size_t distance = 0, shared = 0;
    for (size_t i = 0; i < cluster->base_words; i++) {
        distance += (size_t)abs((int32_t)(counts[i] - cluster->words[i].base));
        shared += counts[i];
    }
    return distance + tokens->count - shared;
}

static bool add_base(struct td_cluster *cluster, const struct td_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        uint32_t number = number_of(cluster, tokens->items[i]);
        if (number == UINT32_MAX)
            return false;
        cluster->words[number].base++;
    }
    cluster->base_size = tokens->count;
    cluster->base_words = cluster->word_count;
    return true;
}

/* Back to zeros. */
static void clear_counts(struct td_cluster *cluster, const struct td_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        uint32_t number = *find_slot(cluster, tokens->items[i]);
        if (number && number - 1 < cluster->count_capacity)
            cluster->counts[number - 1] = 0;
    }
}

static bool grow_counts(struct td_cluster *cluster)
{
    if (cluster->word_count <= cluster->count_capacity)
        return true;
    uint32_t *counts = realloc(cluster->counts, cluster->word_capacity * sizeof *counts);
    if (!counts)
        return false;
    memset(counts + cluster->count_capacity, 0,
           (cluster->word_capacity - cluster->count_capacity) * sizeof *counts);
    cluster->counts = counts;
    cluster->count_capacity = cluster->word_capacity;
    return true;
}

static int add_member(struct td_cluster *cluster, const struct td_tokens *tokens, size_t *distance)
{
    if (!cluster->word_count)
        return 0; /* the base is empty, and this one is not like it */
    if (!grow_counts(cluster))
        return TD_ERR_NOMEM;
    count_words(cluster, tokens, cluster->counts);
    *distance = base_distance(cluster, tokens, cluster->counts);
    bool alike = *distance <= (tokens->count + cluster->base_size) / 4;
    bool good = !alike || add_differences(cluster, tokens);
    clear_counts(cluster, tokens);
    return good ? alike : TD_ERR_NOMEM;
}

int td_cluster_add(struct td_cluster *cluster, size_t position, const struct td_tokens *tokens)
{
    void *members = td_grow(cluster->members, cluster->member_count, &cluster->member_capacity,
                            sizeof *cluster->members);
    if (!members)
        return TD_ERR_NOMEM;
    cluster->members = members;
    size_t distance = 0;
    int added = 1;
    if (cluster->member_count)
        added = add_member(cluster, tokens, &distance);
    else if (!add_base(cluster, tokens))
        added = TD_ERR_NOMEM;
    if (added == 1)
        cluster->members[cluster->member_count++] = (struct member){position, distance};
    return added;
}

/* Corrects the distances of the members that have a word more or less often than the base. */
static void correct(const struct td_cluster *cluster, uint32_t number, int32_t query,
                    size_t *distances)
{
    for (uint32_t next = cluster->words[number].postings; next;) {
        const struct posting *posting = &cluster->postings[next];
        int32_t member = posting->delta;
        distances[posting->member] -= (size_t)(abs(query) + abs(member) - abs(query - member));
        next = posting->next;
    }
}

bool td_cluster_distances(const struct td_cluster *cluster, const struct td_tokens *tokens,
                          size_t *distances)
{
    uint32_t *counts = calloc(cluster->word_count + 1, sizeof *counts);
    if (!counts)
        return false;
    count_words(cluster, tokens, counts);
    size_t distance = base_distance(cluster, tokens, counts);
    for (size_t i = 0; i < cluster->member_count; i++)
        distances[i] = distance + cluster->members[i].distance;
    for (size_t i = 0; i < cluster->word_count; i++) {
        int32_t query = (int32_t)(counts[i] - cluster->words[i].base);
        if (query)
            correct(cluster, (uint32_t)i, query, distances);
    }
    free(counts);
    return true;
}
