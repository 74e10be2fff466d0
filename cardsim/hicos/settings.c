/* hicos.conf and the control file: lines of words; a line that is not understood is passed over. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim.h"

#define MAX_FILE 16384
#define MAX_WORDS 8

static struct configuration loaded;

static int number_of(const char *word, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(word, names[i]) == 0)
            return i;
    return -1;
}

static int call_named(const char *word)
{
#define CALL_NAME(name) #name,
    static const char *const names[] = {CALLS(CALL_NAME) NULL};
    return number_of(word, names);
}

static void copy_name(char *to, const char *from)
{
    snprintf(to, MAX_NAME + 1, "%.*s", MAX_NAME, from);
}

static void read_hex(struct text *text, const char *word)
{
    unsigned int byte;
    text->set = true;
    text->length = 0;
    for (; text->length < MAX_TEXT && sscanf(word, "%2x", &byte) == 1; word += 2)
        text->bytes[text->length++] = (unsigned char)byte;
}

/* Hands each line of the file to `take` as words; missing words are empty. */
static bool each_line(const char *path, void (*take)(void *, char **), void *target)
{
    char buffer[MAX_FILE + 1];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t size = read(file, buffer, MAX_FILE);
    close(file);
    if (size < 0)
        return false;
    buffer[size] = '\0';
    char *rest = buffer, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *words[MAX_WORDS], *word;
        for (int i = 0; i < MAX_WORDS; i++)
            words[i] = (word = strsep(&line, " ")) != NULL ? word : (char *)"";
        take(target, words);
    }
    return true;
}

static void take_configuration(void *target, char **words)
{
    struct configuration *into = target;
    if (strcmp(words[0], "softhsm") == 0)
        snprintf(into->softhsm, MAX_PATH, "%s", words[1]);
    if (strcmp(words[0], "card") != 0 || into->card_count == MAX_CARDS)
        return;
    struct card *card = &into->cards[into->card_count++];
    copy_name(card->name, words[1]);
    copy_name(card->serial, words[2]);
    copy_name(card->model, words[3]);
    card->tries = strtoul(words[4], NULL, 10);
    card->last_code = strtoul(words[5], NULL, 0);
}

/* Found beside the file that SOFTHSM2_CONF names, because a caller may scrub every other variable. */
const struct configuration *configuration(void)
{
    const char *beside = getenv("SOFTHSM2_CONF");
    const char *slash = beside != NULL ? strrchr(beside, '/') : NULL;
    if (!loaded.read && slash != NULL && slash - beside < MAX_PATH - 32) {
        char path[MAX_PATH];
        snprintf(loaded.folder, MAX_PATH, "%.*s", (int)(slash - beside), beside);
        loaded.read = folder_path(path, "hicos", ".conf") && each_line(path, take_configuration, &loaded);
    }
    return loaded.read ? &loaded : NULL;
}

const struct card *card_named(const char *name)
{
    for (int i = 0; i < loaded.card_count; i++)
        if (strcmp(loaded.cards[i].name, name) == 0)
            return &loaded.cards[i];
    return NULL;
}

bool folder_path(char *path, const char *prefix, const char *name)
{
    return snprintf(path, MAX_PATH, "%s/%s%s", loaded.folder, prefix, name) < MAX_PATH;
}

static void take_slot(struct control *into, char **words)
{
    static const char *const states[] = {"card", "empty", "virtual", "uninitialised", "failing", "exclusive",
                                         "foreign", NULL};
    int state = number_of(words[2], states);
    if (state < 0 || into->slot_count == MAX_SLOTS)
        return;
    struct slot *slot = &into->slots[into->slot_count++];
    slot->id = strtoul(words[1], NULL, 10);
    slot->state = (enum slot_state)state;
    copy_name(slot->card, words[3]);
    slot->insertion = strtoul(words[4], NULL, 10);
}

static void take_fault(struct control *into, char **words)
{
    static const char *const kinds[] = {"hang", "abort", "segv", "exit", "slow", "noise", "answer", "garbage",
                                        "other-key", "remove", "swap", NULL};
    int kind = number_of(words[2], kinds), call = call_named(words[3]);
    if (kind < 0 || call < 0 || into->fault_count == MAX_FAULTS)
        return;
    struct fault *fault = &into->faults[into->fault_count++];
    fault->id = strtoul(words[1], NULL, 10);
    fault->kind = (enum fault_kind)kind;
    fault->call = (enum call)call;
    fault->nth = strtoul(words[4], NULL, 10);
    fault->number = strtoull(words[5], NULL, 0);
    copy_name(fault->card, words[6]);
}

static void take_pinpad(struct control *into, char **words)
{
    static const char *const states[] = {"none", "wait", "enter", "refuse", NULL};
    int state = number_of(words[1], states);
    into->pinpad = state < 0 ? PINPAD_NONE : (enum pinpad)state;
    read_hex(&into->pinpad_pin, words[2]);
    into->pinpad_code = strtoull(words[2], NULL, 0);
}

static void take_control(void *target, char **words)
{
    static const char *const codes[] = {"vendor", "extended", "wide", "plain", NULL};
    static const char *const fields[] = {"label", "manufacturer", "model", "serial", "reader", NULL};
    struct control *into = target;
    int number;
    if (strcmp(words[0], "slot") == 0)
        take_slot(into, words);
    else if (strcmp(words[0], "fault") == 0)
        take_fault(into, words);
    else if (strcmp(words[0], "pinpad") == 0)
        take_pinpad(into, words);
    else if (strcmp(words[0], "pin-codes") == 0 && (number = number_of(words[1], codes)) >= 0)
        into->pin_codes = (enum pin_codes)number;
    else if (strcmp(words[0], "field") == 0 && (number = number_of(words[1], fields)) >= 0)
        read_hex(&into->fields[number], words[2]);
    else if (strcmp(words[0], "pin-set") == 0)
        into->pin_unset = strcmp(words[1], "off") == 0;
    else if (strcmp(words[0], "pin-flags") == 0)
        into->pin_flags = strcmp(words[1], "on") == 0;
    else if (strcmp(words[0], "length-query") == 0)
        into->length_query = strcmp(words[1], "on") == 0;
    else if (strcmp(words[0], "removed-code") == 0)
        into->removed_code = strtoull(words[1], NULL, 0);
    else if (strcmp(words[0], "pin-length") == 0) {
        into->pin_min = strtoul(words[1], NULL, 10);
        into->pin_max = strtoul(words[2], NULL, 10);
    }
}

void read_control(struct control *control)
{
    char path[MAX_PATH];
    memset(control, 0, sizeof *control);
    control->removed_code = CKR_DEVICE_REMOVED;
    control->pin_min = 6;
    control->pin_max = 8;
    if (configuration() != NULL && folder_path(path, "hicos", ".control"))
        each_line(path, take_control, control);
}

const struct slot *slot_with(const struct control *control, CK_SLOT_ID id)
{
    for (int i = 0; i < control->slot_count; i++)
        if (control->slots[i].id == id)
            return &control->slots[i];
    return NULL;
}
