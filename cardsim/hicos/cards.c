/* SoftHSM2 behind the slots: which of its tokens lies in which slot, and the sessions of each card. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "shim.h"

#define MAX_SESSIONS 64
#define MAX_TOKENS 32

struct session {
    CK_SESSION_HANDLE handle;  /* SoftHSM's; 0: unused */
    CK_SLOT_ID id, soft_slot;
    unsigned long insertion;
    char card[MAX_NAME + 1];
};

CK_FUNCTION_LIST *soft;
static bool started_here;
static struct session sessions[MAX_SESSIONS];
static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;

CK_RV load_softhsm(void *arguments)
{
    const struct configuration *settings = configuration();
    if (soft != NULL)
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    void *library = settings != NULL ? dlopen(settings->softhsm, RTLD_NOW | RTLD_LOCAL) : NULL;
    CK_C_GetFunctionList list = library != NULL ? (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList") : NULL;
    CK_FUNCTION_LIST *functions;
    if (list == NULL || list(&functions) != CKR_OK) {
        fprintf(stderr, "hicos: no hicos.conf beside the file of SOFTHSM2_CONF, or no SoftHSM2\n");
        return CKR_GENERAL_ERROR;
    }
    CK_RV code = functions->C_Initialize(arguments);
    started_here = code == CKR_OK;
    if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED)  /* the process may use SoftHSM itself, too */
        return code;
    soft = functions;
    return CKR_OK;
}

CK_RV unload_softhsm(void *reserved)
{
    CK_RV code = started_here ? soft->C_Finalize(reserved) : CKR_OK;
    memset(sessions, 0, sizeof sessions);
    soft = NULL;
    return code;
}

/* Why the slot's card cannot be used; CKR_OK if there is one that can. */
CK_RV slot_code(const struct control *control, CK_SLOT_ID id)
{
    const struct slot *slot = slot_with(control, id);
    if (slot == NULL)
        return CKR_SLOT_ID_INVALID;
    switch (slot->state) {
    case SLOT_CARD: return card_named(slot->card) != NULL ? CKR_OK : CKR_TOKEN_NOT_PRESENT;
    case SLOT_EMPTY: case SLOT_VIRTUAL: return CKR_TOKEN_NOT_PRESENT;
    case SLOT_UNINITIALISED: case SLOT_FOREIGN: return CKR_TOKEN_NOT_RECOGNIZED;
    case SLOT_EXCLUSIVE: return CKR_DEVICE_ERROR;
    case SLOT_FAILING: break;
    }
    return CKR_GENERAL_ERROR;
}

/* SoftHSM's slot of the card in the slot: the token whose label is the card's name. */
CK_RV card_slot(const struct control *control, CK_SLOT_ID id, CK_SLOT_ID *soft_slot)
{
    CK_SLOT_ID tokens[MAX_TOKENS];
    CK_ULONG count = MAX_TOKENS;
    CK_TOKEN_INFO info;
    char label[sizeof info.label + 1];
    CK_RV code = slot_code(control, id);
    if (code == CKR_OK)
        code = soft->C_GetSlotList(CK_TRUE, tokens, &count);
    if (code != CKR_OK)
        return code;
    snprintf(label, sizeof label, "%-*s", (int)sizeof info.label, slot_with(control, id)->card);
    for (CK_ULONG i = 0; i < count; i++) {
        *soft_slot = tokens[i];
        if (soft->C_GetTokenInfo(tokens[i], &info) == CKR_OK && memcmp(info.label, label, sizeof info.label) == 0)
            return CKR_OK;
    }
    return CKR_DEVICE_ERROR;
}

static struct session *find(CK_SESSION_HANDLE handle)
{
    for (int i = 0; i < MAX_SESSIONS; i++)
        if (sessions[i].handle == handle)
            return &sessions[i];
    return NULL;
}

/* Ends all sessions of a card; SoftHSM then forgets the log-in, as a pulled card does. */
static void forget(CK_SLOT_ID soft_slot)
{
    soft->C_CloseAllSessions(soft_slot);
    for (int i = 0; i < MAX_SESSIONS; i++)
        if (sessions[i].handle != 0 && sessions[i].soft_slot == soft_slot)
            sessions[i].handle = 0;
}

static CK_RV check_card(const struct control *control, const struct session *session)
{
    const struct slot *slot = slot_with(control, session->id);
    bool same = slot != NULL && strcmp(slot->card, session->card) == 0 && slot->insertion == session->insertion;
    if (same && (slot->state == SLOT_EXCLUSIVE || slot->state == SLOT_FAILING))
        return slot_code(control, slot->id);
    return same && slot->state == SLOT_CARD ? CKR_OK : control->removed_code;
}

/* Whether the card that the session was opened with still is in its slot, without an interruption. */
CK_RV check_session(const struct control *control, CK_SESSION_HANDLE handle)
{
    pthread_mutex_lock(&table);
    struct session *session = handle != 0 ? find(handle) : NULL;
    CK_RV code = session != NULL ? check_card(control, session) : CKR_SESSION_HANDLE_INVALID;
    if (session != NULL && code == control->removed_code)
        forget(session->soft_slot);
    pthread_mutex_unlock(&table);
    return code;
}

CK_RV open_session(struct step *step, CK_SLOT_ID id, CK_FLAGS flags, CK_SESSION_HANDLE *handle)
{
    CK_SLOT_ID soft_slot;
    CK_RV code = card_slot(&step->control, id, &soft_slot);
    if (code != CKR_OK)
        return code;
    pthread_mutex_lock(&table);
    for (int i = 0; i < MAX_SESSIONS; i++)  /* what an earlier card left behind, or this one before it was pulled */
        if (sessions[i].handle != 0 && sessions[i].id == id && check_card(&step->control, &sessions[i]) != CKR_OK)
            forget(sessions[i].soft_slot);
    struct session *session = find(0);
    code = session != NULL ? soft->C_OpenSession(soft_slot, flags, NULL, NULL, handle) : CKR_SESSION_COUNT;
    if (code == CKR_OK) {
        const struct slot *slot = slot_with(&step->control, id);
        *session = (struct session){*handle, id, soft_slot, slot->insertion, ""};
        strcpy(session->card, slot->card);
    }
    pthread_mutex_unlock(&table);
    return code;
}

CK_RV close_session(struct step *step, CK_SESSION_HANDLE handle)
{
    CK_RV code = check_session(&step->control, handle);
    if (code != CKR_OK)
        return code;
    pthread_mutex_lock(&table);
    find(handle)->handle = 0;
    pthread_mutex_unlock(&table);
    return soft->C_CloseSession(handle);
}

CK_RV close_sessions(struct step *step, CK_SLOT_ID id)
{
    if (slot_with(&step->control, id) == NULL)
        return CKR_SLOT_ID_INVALID;
    pthread_mutex_lock(&table);
    for (int i = 0; i < MAX_SESSIONS; i++)
        if (sessions[i].handle != 0 && sessions[i].id == id)
            forget(sessions[i].soft_slot);
    pthread_mutex_unlock(&table);
    return CKR_OK;
}

CK_RV session_info(struct step *step, CK_SESSION_HANDLE handle, CK_SESSION_INFO *info)
{
    CK_RV code = check_session(&step->control, handle);
    if (code == CKR_OK)
        code = soft->C_GetSessionInfo(handle, info);
    if (code == CKR_OK)
        info->slotID = find(handle)->id;
    return code;
}

const char *session_card(CK_SESSION_HANDLE handle)
{
    const struct session *session = find(handle);
    return session != NULL ? session->card : "";
}

static bool same_id(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE one, CK_OBJECT_HANDLE other)
{
    unsigned char first[MAX_TEXT], second[MAX_TEXT];
    CK_ATTRIBUTE a = {CKA_ID, first, sizeof first}, b = {CKA_ID, second, sizeof second};
    return soft->C_GetAttributeValue(session, one, &a, 1) == CKR_OK &&
           soft->C_GetAttributeValue(session, other, &b, 1) == CKR_OK &&
           a.ulValueLen == b.ulValueLen && memcmp(first, second, a.ulValueLen) == 0;
}

/* Replaces the key by another private key of the card. */
CK_RV other_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *key)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE search = {CKA_CLASS, &class, sizeof class};
    CK_OBJECT_HANDLE keys[8];
    CK_ULONG count = 0;
    CK_RV code = soft->C_FindObjectsInit(session, &search, 1);
    if (code == CKR_OK)
        code = soft->C_FindObjects(session, keys, 8, &count);
    soft->C_FindObjectsFinal(session);
    for (CK_ULONG i = 0; code == CKR_OK && i < count; i++)
        if (!same_id(session, keys[i], *key)) {
            *key = keys[i];
            return CKR_OK;
        }
    return code != CKR_OK ? code : CKR_KEY_HANDLE_INVALID;
}
