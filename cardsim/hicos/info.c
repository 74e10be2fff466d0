/* What HiCOS says about itself, its slots, tokens and mechanisms. */
#include <stdio.h>
#include <string.h>

#include "shim.h"

#define RSA_BITS 2048, 2048
#define EC_BITS 256, 521

struct mechanism {
    CK_MECHANISM_TYPE type;
    CK_MECHANISM_INFO info;
};

static const struct mechanism mechanisms[] = {
    {CKM_RSA_PKCS, {RSA_BITS, CKF_HW | CKF_SIGN | CKF_VERIFY | CKF_ENCRYPT | CKF_DECRYPT}},
    {CKM_RSA_X_509, {RSA_BITS, CKF_HW | CKF_SIGN | CKF_VERIFY | CKF_ENCRYPT | CKF_DECRYPT}},
    {CKM_RSA_PKCS_OAEP, {RSA_BITS, CKF_HW | CKF_ENCRYPT | CKF_DECRYPT}},
    {CKM_MD5_RSA_PKCS, {RSA_BITS, CKF_HW | CKF_SIGN | CKF_VERIFY}},
    {CKM_SHA1_RSA_PKCS, {RSA_BITS, CKF_HW | CKF_SIGN | CKF_VERIFY}},
    {CKM_SHA256_RSA_PKCS, {RSA_BITS, CKF_HW | CKF_SIGN | CKF_VERIFY}},
    {CKM_SHA384_RSA_PKCS, {RSA_BITS, CKF_HW | CKF_SIGN | CKF_VERIFY}},
    {CKM_SHA512_RSA_PKCS, {RSA_BITS, CKF_HW | CKF_SIGN | CKF_VERIFY}},
    {CKM_RSA_PKCS_PSS, {RSA_BITS, CKF_HW | CKF_SIGN}},
    {CKM_SHA1_RSA_PKCS_PSS, {RSA_BITS, CKF_HW | CKF_SIGN}},
    {CKM_SHA256_RSA_PKCS_PSS, {RSA_BITS, CKF_HW | CKF_SIGN}},
    {CKM_SHA384_RSA_PKCS_PSS, {RSA_BITS, CKF_HW | CKF_SIGN}},
    {CKM_SHA512_RSA_PKCS_PSS, {RSA_BITS, CKF_HW | CKF_SIGN}},
    {CKM_ECDSA, {EC_BITS, CKF_HW | CKF_SIGN | CKF_VERIFY}},
    {CKM_ECDH1_DERIVE, {EC_BITS, CKF_HW | CKF_DERIVE}},
    {CKM_SHA_1, {0, 0, CKF_DIGEST}},
    {CKM_SHA256, {0, 0, CKF_DIGEST}},
    {CKM_SHA384, {0, 0, CKF_DIGEST}},
    {CKM_SHA512, {0, 0, CKF_DIGEST}},
};
#define MECHANISMS (sizeof mechanisms / sizeof *mechanisms)

/* A PKCS#11 text: filled up with blanks, never terminated. */
static void fill(unsigned char *to, size_t size, const char *text)
{
    size_t length = strlen(text) < size ? strlen(text) : size;
    memset(to, ' ', size);
    memcpy(to, text, length);
}

static void replace(unsigned char *to, size_t size, const struct text *text)
{
    if (!text->set)
        return;
    memset(to, ' ', size);
    memcpy(to, text->bytes, text->length < size ? text->length : size);
}

CK_RV library_info(CK_INFO *info)
{
    memset(info, 0, sizeof *info);
    info->cryptokiVersion = (CK_VERSION){2, 20};
    info->libraryVersion = (CK_VERSION){3, 1};
    fill(info->manufacturerID, sizeof info->manufacturerID, "CardLogin simulator");
    fill(info->libraryDescription, sizeof info->libraryDescription, "HiCOS PKI Smart Card (simulated)");
    return CKR_OK;
}

/* Copies a list as the standard says: no list asks for the number. */
static CK_RV give(const CK_ULONG *from, CK_ULONG length, CK_ULONG *list, CK_ULONG *count, const struct step *step)
{
    if (count == NULL)
        return CKR_ARGUMENTS_BAD;
    bool small = list != NULL && *count < length;
    if (list != NULL && !small)
        memcpy(list, from, length * sizeof *from);
    *count = step->garbage ? step->garbage_number : length;
    return small && !step->garbage ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

static bool has_token(const struct slot *slot)
{
    return slot->state != SLOT_EMPTY && slot->state != SLOT_VIRTUAL;
}

CK_RV slot_list(struct step *step, bool present, CK_SLOT_ID *list, CK_ULONG *count)
{
    CK_SLOT_ID ids[MAX_SLOTS];
    CK_ULONG length = 0;
    for (int i = 0; i < step->control.slot_count; i++)
        if (!present || has_token(&step->control.slots[i]))
            ids[length++] = step->control.slots[i].id;
    return give(ids, length, list, count, step);
}

CK_RV slot_info(struct step *step, CK_SLOT_ID id, CK_SLOT_INFO *info)
{
    const struct slot *slot = slot_with(&step->control, id);
    char name[MAX_TEXT + 1];
    if (slot == NULL)
        return CKR_SLOT_ID_INVALID;
    bool virtual = slot->state == SLOT_VIRTUAL;
    memset(info, 0, sizeof *info);
    snprintf(name, sizeof name, virtual ? "Virtual slot %lu" : "Simulated reader %lu", id);
    fill(info->slotDescription, sizeof info->slotDescription, name);
    if (!virtual)
        replace(info->slotDescription, sizeof info->slotDescription, &step->control.fields[FIELD_READER]);
    fill(info->manufacturerID, sizeof info->manufacturerID, "CardLogin simulator");
    info->flags = (virtual ? 0 : CKF_REMOVABLE_DEVICE | CKF_HW_SLOT) | (has_token(slot) ? CKF_TOKEN_PRESENT : 0);
    return CKR_OK;
}

static CK_FLAGS token_flags(const struct control *control, const struct card *card)
{
    CK_FLAGS flags = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED;
    unsigned long left = tries_left(card);
    if (control->pin_unset)
        flags &= ~(CK_FLAGS)CKF_USER_PIN_INITIALIZED;
    if (control->pinpad != PINPAD_NONE)
        flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    if (!control->pin_flags || left >= card->tries)
        return flags;
    if (left == 0)
        return flags | CKF_USER_PIN_LOCKED;
    return flags | CKF_USER_PIN_COUNT_LOW | (left == 1 ? CKF_USER_PIN_FINAL_TRY : 0);
}

static void token_texts(const struct control *control, const struct card *card, CK_TOKEN_INFO *info)
{
    char model[MAX_NAME + 2];
    snprintf(model, sizeof model, "%s\t", card->model);
    fill(info->label, sizeof info->label, "HiCOS PKI Smart Card");
    fill(info->manufacturerID, sizeof info->manufacturerID, "Chunghwa TeleCom Co., Ltd. ");
    fill(info->model, sizeof info->model, model);
    fill(info->serialNumber, sizeof info->serialNumber, card->serial);
    replace(info->label, sizeof info->label, &control->fields[FIELD_LABEL]);
    replace(info->manufacturerID, sizeof info->manufacturerID, &control->fields[FIELD_MANUFACTURER]);
    replace(info->model, sizeof info->model, &control->fields[FIELD_MODEL]);
    replace(info->serialNumber, sizeof info->serialNumber, &control->fields[FIELD_SERIAL]);
}

CK_RV token_info(struct step *step, CK_SLOT_ID id, CK_TOKEN_INFO *info)
{
    static const struct card blank;
    const struct slot *slot = slot_with(&step->control, id);
    CK_RV code = slot_code(&step->control, id);
    bool uninitialised = slot != NULL && slot->state == SLOT_UNINITIALISED;
    if (code != CKR_OK && !uninitialised)
        return code;
    const struct card *card = uninitialised ? &blank : card_named(slot->card);
    memset(info, 0, sizeof *info);
    token_texts(&step->control, card, info);
    if (uninitialised)
        fill(info->label, sizeof info->label, "");
    info->flags = uninitialised ? CKF_RNG | CKF_LOGIN_REQUIRED : token_flags(&step->control, card);
    info->ulMaxSessionCount = info->ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE;
    info->ulSessionCount = info->ulRwSessionCount = CK_UNAVAILABLE_INFORMATION;
    info->ulMinPinLen = step->control.pin_min;
    info->ulMaxPinLen = step->control.pin_max;
    info->ulTotalPublicMemory = info->ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION;
    info->ulTotalPrivateMemory = info->ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
    return CKR_OK;
}

CK_RV mechanism_list(struct step *step, CK_SLOT_ID id, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
    CK_MECHANISM_TYPE types[MECHANISMS];
    CK_RV code = slot_code(&step->control, id);
    for (size_t i = 0; i < MECHANISMS; i++)
        types[i] = mechanisms[i].type;
    return code != CKR_OK ? code : give(types, MECHANISMS, list, count, step);
}

CK_RV mechanism_info(struct step *step, CK_SLOT_ID id, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
    CK_RV code = slot_code(&step->control, id);
    for (size_t i = 0; code == CKR_OK && i < MECHANISMS; i++)
        if (mechanisms[i].type == type) {
            *info = mechanisms[i].info;
            return CKR_OK;
        }
    return code != CKR_OK ? code : CKR_MECHANISM_INVALID;
}
