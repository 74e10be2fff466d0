/* What the files of the shim share: the control file as it was read last, one call in progress, the cards. */
#ifndef HICOS_SHIM_H
#define HICOS_SHIM_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>

#include "calls.h"

#define MAX_SLOTS 8
#define MAX_CARDS 8
#define MAX_FAULTS 32
#define MAX_NAME 32  /* a card's name is also the label of its SoftHSM token */
#define MAX_TEXT 64  /* longest text field of PKCS#11: the slot description */
#define MAX_PATH 4096

enum slot_state { SLOT_CARD, SLOT_EMPTY, SLOT_VIRTUAL, SLOT_UNINITIALISED, SLOT_FAILING, SLOT_EXCLUSIVE, SLOT_FOREIGN };

struct slot {
    CK_SLOT_ID id;
    enum slot_state state;
    char card[MAX_NAME + 1];
    unsigned long insertion;  /* another number: the card was out in between */
};

enum fault_kind {
    FAULT_HANG, FAULT_ABORT, FAULT_SEGV, FAULT_EXIT, FAULT_SLOW, FAULT_NOISE, FAULT_ANSWER, FAULT_GARBAGE,
    FAULT_OTHER_KEY, FAULT_REMOVE, FAULT_SWAP
};

struct fault {
    unsigned long id;  /* never used twice, so that calls are counted since this fault was set */
    enum fault_kind kind;
    enum call call;
    unsigned long nth;  /* 0: every call */
    unsigned long long number;
    char card[MAX_NAME + 1];
    unsigned long count;  /* calls in this process since the fault was seen */
};

enum pin_codes { CODES_VENDOR, CODES_EXTENDED, CODES_WIDE, CODES_PLAIN };
enum pinpad { PINPAD_NONE, PINPAD_WAIT, PINPAD_ENTER, PINPAD_REFUSE };
enum field { FIELD_LABEL, FIELD_MANUFACTURER, FIELD_MODEL, FIELD_SERIAL, FIELD_READER, FIELD_COUNT };

struct text {
    bool set;
    size_t length;
    unsigned char bytes[MAX_TEXT];
};

/* The control file: read anew at each call, and during the calls that wait. */
struct control {
    struct slot slots[MAX_SLOTS];
    int slot_count;
    struct fault faults[MAX_FAULTS];
    int fault_count;
    enum pin_codes pin_codes;
    bool pin_unset;     /* the holder has not set a PIN yet */
    bool pin_flags;     /* tell the tries in the token's flags */
    bool length_query;  /* answer C_Sign without a buffer as the standard says */
    CK_RV removed_code;
    unsigned long pin_min, pin_max;
    enum pinpad pinpad;
    struct text pinpad_pin;
    CK_RV pinpad_code;
    struct text fields[FIELD_COUNT];
};

/* A card in hicos.conf. */
struct card {
    char name[MAX_NAME + 1];
    char serial[MAX_NAME + 1];
    char model[MAX_NAME + 1];
    unsigned long tries;
    CK_RV last_code;  /* what the wrong PIN that uses up the last try gets */
};

/* hicos.conf: does not change while the module is loaded. */
struct configuration {
    bool read;
    char softhsm[MAX_PATH];
    char folder[MAX_PATH];
    struct card cards[MAX_CARDS];
    int card_count;
};

/* One call in progress. */
struct step {
    struct control control;
    bool garbage;
    unsigned long garbage_number;
    bool other_key;
};

extern CK_FUNCTION_LIST *soft;  /* SoftHSM2; NULL until C_Initialize */

/* settings.c */
const struct configuration *configuration(void);
const struct card *card_named(const char *name);
bool folder_path(char *path, const char *prefix, const char *name);
void read_control(struct control *control);
const struct slot *slot_with(const struct control *control, CK_SLOT_ID id);

/* faults.c */
CK_RV enter(struct step *step, enum call call);
void leave(void);
void reload(struct step *step);
void doze(void);

/* cards.c */
CK_RV load_softhsm(void *arguments);
CK_RV unload_softhsm(void *reserved);
CK_RV slot_code(const struct control *control, CK_SLOT_ID id);
CK_RV card_slot(const struct control *control, CK_SLOT_ID id, CK_SLOT_ID *soft_slot);
CK_RV check_session(const struct control *control, CK_SESSION_HANDLE session);
CK_RV open_session(struct step *step, CK_SLOT_ID id, CK_FLAGS flags, CK_SESSION_HANDLE *session);
CK_RV close_session(struct step *step, CK_SESSION_HANDLE session);
CK_RV close_sessions(struct step *step, CK_SLOT_ID id);
CK_RV session_info(struct step *step, CK_SESSION_HANDLE session, CK_SESSION_INFO *info);
const char *session_card(CK_SESSION_HANDLE session);
CK_RV other_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *key);

/* info.c */
CK_RV library_info(CK_INFO *info);
CK_RV slot_list(struct step *step, bool present, CK_SLOT_ID *list, CK_ULONG *count);
CK_RV slot_info(struct step *step, CK_SLOT_ID id, CK_SLOT_INFO *info);
CK_RV token_info(struct step *step, CK_SLOT_ID id, CK_TOKEN_INFO *info);
CK_RV mechanism_list(struct step *step, CK_SLOT_ID id, CK_MECHANISM_TYPE *list, CK_ULONG *count);
CK_RV mechanism_info(struct step *step, CK_SLOT_ID id, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info);

/* pin.c */
unsigned long tries_left(const struct card *card);
CK_RV login(struct step *step, CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG length);

#endif
