/* SPDX-License-Identifier: MIT */
/* Tile instructions on a machine that has none: each raises SIGILL, whose handler decodes it,
 * performs it by isa_amx_emulated.inc and goes on behind it. So the natively compiled kernels
 * run as they are. Slow (some microseconds each), for checktiles alone.
 *
 * Encodings: Intel's manual, volume 2; all are VEX.128.0F38.W0 of three bytes and a ModRM. */
#define _GNU_SOURCE
#include "trap_amx.h"

#include <signal.h>
#include <ucontext.h>

#include "kernels/x86/isa_amx.h"

/* An instruction, decoded. */
struct instruction {
    unsigned prefix; /* 0 none, 1 66, 2 F3, 3 F2 */
    unsigned opcode;
    unsigned mod, reg, rm; /* of ModRM */
    unsigned vvvv;
    const unsigned char *next;
    uint64_t address, stride; /* where mod says memory: base + displacement, index * scale */
};

/* Register numbers of the encoding, in the order of ucontext's names. */
static uint64_t register_value(const ucontext_t *state, unsigned number)
{
    static const int names[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                  REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                  REG_R12, REG_R13, REG_R14, REG_R15};

    return (uint64_t)state->uc_mcontext.gregs[names[number]];
}

/* Base, index and displacement behind ModRM. */
static void decode_memory(const ucontext_t *state, struct instruction *in, unsigned extension_x,
                          unsigned extension_b)
{
    unsigned base = in->rm;
    bool is_relative = in->mod == 0 && in->rm == 5;
    int32_t displacement = 0;
    size_t size = in->mod == 1 ? 1 : in->mod == 2 || is_relative ? 4 : 0;

    if (in->rm == 4) {
        const unsigned sib = *in->next++, index = (sib >> 3 & 7) | extension_x;

        base = sib & 7;
        if (index != 4)
            in->stride = register_value(state, index) << (sib >> 6);
        if (in->mod == 0 && base == 5)
            size = 4;
    }
    if (!is_relative && !(in->rm == 4 && in->mod == 0 && base == 5))
        in->address = register_value(state, base | extension_b);
    if (size == 1)
        displacement = (int8_t)*in->next;
    if (size == 4)
        memcpy(&displacement, in->next, 4);
    in->next += size;
    if (is_relative)
        in->address = (uint64_t)(uintptr_t)in->next;
    in->address += (uint64_t)(int64_t)displacement;
}

/* False if it is none of ours. */
static bool decode(const ucontext_t *state, struct instruction *in)
{
    const unsigned char *p = (const unsigned char *)state->uc_mcontext.gregs[REG_RIP];

    if (p[0] != 0xC4 || (p[1] & 0x1F) != 2 || (p[2] & 0x84) != 0)
        return false;
    memset(in, 0, sizeof(*in));
    in->prefix = p[2] & 3;
    in->vvvv = ~(unsigned)p[2] >> 3 & 15;
    in->opcode = p[3];
    in->mod = p[4] >> 6;
    in->reg = p[4] >> 3 & 7;
    in->rm = p[4] & 7;
    in->next = p + 5;
    if (in->mod != 3)
        decode_memory(state, in, p[1] & 0x40 ? 0 : 8, p[1] & 0x20 ? 0 : 8);
    return true;
}

static bool perform_configuration(const struct instruction *in)
{
    if (in->prefix == 0 && in->mod != 3 && in->reg == 0)
        tile_configure((const struct tile_config *)(uintptr_t)in->address);
    else if (in->prefix == 0 && in->mod == 3 && in->reg == 0 && in->rm == 0)
        TILE_RELEASE();
    else if (in->prefix == 3 && in->mod == 3 && in->rm == 0)
        TILE_ZERO((int)in->reg);
    else
        return false;
    return true;
}

static bool perform_move(const struct instruction *in)
{
    if (in->mod == 3 || in->rm != 4)
        return false;
    if (in->prefix == 3)
        TILE_LOAD((int)in->reg, (const void *)(uintptr_t)in->address, in->stride);
    else if (in->prefix == 2)
        TILE_STORE((int)in->reg, (void *)(uintptr_t)in->address, in->stride);
    else
        return false;
    return true;
}

static bool perform(const struct instruction *in)
{
    const int sums = (int)in->reg, x = (int)in->rm, w = (int)in->vvvv;

    if (in->opcode == 0x49)
        return perform_configuration(in);
    if (in->opcode == 0x4B)
        return perform_move(in);
    if (in->mod != 3)
        return false;
    if (in->opcode == 0x5C && in->prefix == 2)
        TILE_BF16(sums, x, w);
    else if (in->opcode == 0x5E && in->prefix == 3)
        TILE_I8_I8(sums, x, w);
    else if (in->opcode == 0x5E && in->prefix == 1)
        TILE_U8_I8(sums, x, w);
    else
        return false;
    return true;
}

static void on_illegal(int number, siginfo_t *info, void *context)
{
    ucontext_t *state = context;
    struct instruction in;

    (void)info;
    if (decode(state, &in) && perform(&in))
        state->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)in.next;
    else
        signal(number, SIG_DFL); /* it comes again, and kills */
}

void trap_amx(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_sigaction = on_illegal;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGILL, &action, NULL);
}
