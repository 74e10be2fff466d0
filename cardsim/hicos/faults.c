/* What happens on the way into every call: trace, hang, crash, delay, noise, another return code. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

#define DOZE_MS 5

static atomic_int inside;  /* calls in progress: more than one is a caller's mistake, HiCOS is not safe for it */
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static struct { unsigned long id, count; } counts[MAX_FAULTS];

void doze(void)
{
    struct timespec time = {0, DOZE_MS * 1000000L};
    nanosleep(&time, NULL);
}

static const char *call_name(enum call call)
{
#define CALL_TEXT(name) #name,
    static const char *const names[] = {CALLS(CALL_TEXT)};
    return names[call];
}

/* One write per call, so that several processes share the file. */
static void trace(enum call call, bool overlapping)
{
    char path[MAX_PATH], line[80];
    if (configuration() == NULL || !folder_path(path, "hicos", ".trace"))
        return;
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    int size = snprintf(line, sizeof line, "%d %s%s\n", (int)getpid(), call_name(call),
                        overlapping ? " overlapping" : "");
    if (write(file, line, (size_t)size) < 0)
        size = 0;
    close(file);
}

/* The counter of a fault; a slot of the table becomes free when its fault is gone from the control file. */
static unsigned long *count_of(const struct control *control, unsigned long id)
{
    int unused = 0;
    for (int i = 0; i < MAX_FAULTS; i++) {
        if (counts[i].id == id)
            return &counts[i].count;
        bool alive = false;
        for (int j = 0; j < control->fault_count; j++)
            alive = alive || control->faults[j].id == counts[i].id;
        if (!alive)
            unused = i;
    }
    counts[unused].id = id;
    counts[unused].count = 0;
    return &counts[unused].count;
}

static void apply_slots(struct control *control, const struct fault *fault)
{
    for (int i = 0; i < control->slot_count; i++) {
        struct slot *slot = &control->slots[i];
        if (slot->id != fault->number)
            continue;
        slot->state = fault->kind == FAULT_SWAP ? SLOT_CARD : SLOT_EMPTY;
        strcpy(slot->card, fault->card);
        slot->insertion = fault->id;
    }
}

/* Reads the control file, counts `call` (CALL_COUNT: none) and lets pulled and swapped cards be so from then on. */
static void look(struct control *control, enum call call)
{
    pthread_mutex_lock(&counting);
    read_control(control);
    for (int i = 0; i < control->fault_count; i++) {
        struct fault *fault = &control->faults[i];
        unsigned long *count = count_of(control, fault->id);
        *count += fault->call == call;
        fault->count = *count;
        bool began = fault->count >= (fault->nth ? fault->nth : 1);
        if (began && (fault->kind == FAULT_REMOVE || fault->kind == FAULT_SWAP))
            apply_slots(control, fault);
    }
    pthread_mutex_unlock(&counting);
}

void reload(struct step *step)
{
    look(&step->control, CALL_COUNT);
}

static bool still_set(unsigned long id)
{
    struct control control;
    read_control(&control);
    for (int i = 0; i < control.fault_count; i++)
        if (control.faults[i].id == id)
            return true;
    return false;
}

static void wait_while_set(unsigned long id, unsigned long long milliseconds)
{
    for (unsigned long long waited = 0; waited < milliseconds && still_set(id); waited += DOZE_MS)
        doze();
}

static void crash(enum fault_kind kind)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);  /* a simulated crash shall not fill the disk */
    if (kind == FAULT_EXIT)
        _exit(0);
    signal(kind == FAULT_ABORT ? SIGABRT : SIGSEGV, SIG_DFL);
    raise(kind == FAULT_ABORT ? SIGABRT : SIGSEGV);
}

static void noise(void)
{
    static const char text[] = "HiCOS: SCardTransmit \xa4\xa4\xa4\xe5 rv=00000000\n";
    for (int file = STDOUT_FILENO; file <= STDERR_FILENO; file++)
        if (write(file, text, sizeof text - 1) < 0)
            return;
}

static CK_RV strike(struct step *step, const struct fault *fault)
{
    switch (fault->kind) {
    case FAULT_HANG: wait_while_set(fault->id, ~0ULL); break;
    case FAULT_SLOW: wait_while_set(fault->id, fault->number); break;
    case FAULT_ABORT: case FAULT_SEGV: case FAULT_EXIT: crash(fault->kind); break;
    case FAULT_NOISE: noise(); break;
    case FAULT_ANSWER: return (CK_RV)fault->number;
    case FAULT_GARBAGE:
        step->garbage = true;
        step->garbage_number = (unsigned long)fault->number;
        break;
    case FAULT_OTHER_KEY: step->other_key = true; break;
    case FAULT_REMOVE: case FAULT_SWAP: break;
    }
    return CKR_OK;
}

static bool works_before_start(enum call call)
{
    return call == CALL_C_Initialize || call == CALL_C_GetFunctionList;
}

/* CKR_OK: go on with the call; anything else: return it. Followed by leave() in both cases. */
CK_RV enter(struct step *step, enum call call)
{
    CK_RV code = CKR_OK;
    memset(step, 0, sizeof *step);
    trace(call, atomic_fetch_add(&inside, 1) > 0);
    look(&step->control, call);
    struct control first = step->control;
    for (int i = 0; i < first.fault_count; i++) {
        const struct fault *fault = &first.faults[i];
        if (fault->call == call && (fault->nth == 0 || fault->nth == fault->count) && code == CKR_OK)
            code = strike(step, fault);
    }
    reload(step);  /* a wait may have been long */
    if (code == CKR_OK && soft == NULL && !works_before_start(call))
        code = CKR_CRYPTOKI_NOT_INITIALIZED;
    return code;
}

void leave(void)
{
    atomic_fetch_sub(&inside, 1);
}
