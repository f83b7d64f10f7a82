"""Right answers in styles that the corpus does not have, on which readings are tried as well."""

from typing import Any

import numpy as np

STYLES: dict[str, list[Any]] = {}


def style_of(name):
    """Register a right answer of an exercise."""

    def register(function):
        STYLES.setdefault(name, []).append(function)
        return function

    return register


@style_of("peephole_step_backward")
def sums_over_indices(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    N, M = h.shape
    dx, dh_prev, dc_prev = np.zeros_like(x), np.zeros_like(h), np.zeros_like(c)
    dwx, dwh, dp, db = (np.zeros_like(array) for array in (wx, wh, p, wx[0]))
    for n in range(N):
        for m in range(M):
            i, f, g, o = (gates[n, k * M + m] for k in range(4))
            shown = np.tanh(c_next[n, m])
            d_o = o * dh[n, m] * (1 - o) * shown
            cell = d_o * p[2, m] + o * (1 + shown) * (1 - shown) * dh[n, m] + dc[n, m]
            d_i, d_f, d_g = i * (cell * g) * (1 - i), cell * f * (1 - f) * c[n, m], cell * i
            d_g -= d_g * g * g
            dc_prev[n, m] = p[1, m] * d_f + p[0, m] * d_i + f * cell
            for row, (d, seen) in enumerate(((d_i, c), (d_f, c), (d_o, c_next))):
                dp[row, m] += d * seen[n, m]
            for k, d in enumerate((d_i, d_f, d_g, d_o)):
                column = k * M + m
                db[column] += d
                dx[n] += d * wx[:, column]
                dh_prev[n] += d * wh[:, column]
                dwx[:, column] += d * x[n]
                dwh[:, column] += d * h[n]
    return dx, dh_prev, dc_prev, dwx, dwh, dp, db


@style_of("peephole_step_backward")
def adds_each_path(dh, dc, x, h, c, wx, wh, p, c_next, gates):
    M = h.shape[1]
    i, f, g, o = (gates[:, k * M : (k + 1) * M] for k in range(4))
    si, sf, so, sg = i - i**2, f - f**2, o - o**2, 1 - np.square(g)
    shown = np.tanh(c_next)
    by_state = dh * o - dh * o * shown**2
    by_gate = dh * shown * so * p[2]
    da = [0, 0, 0, dh * shown * so]
    dc_prev = 0
    for cell in (dc, by_state, by_gate):
        da[0] = da[0] + cell * g * si
        da[1] = da[1] + cell * c * sf
        da[2] = da[2] + cell * i * sg
        dc_prev = dc_prev + cell * f + cell * g * si * p[0] + cell * c * sf * p[1]
    dx = sum(d @ wx[:, k * M : (k + 1) * M].T for k, d in enumerate(da))
    dh_prev = sum(d @ wh[:, k * M : (k + 1) * M].T for k, d in enumerate(da))
    dwx, dwh = (np.hstack([seen.T @ d for d in da]) for seen in (x, h))
    seen = c, c, c_next
    dp = np.array([(d * s).sum(axis=0) for d, s in zip([*da[:2], da[3]], seen, strict=True)])
    return dx, dh_prev, dc_prev, dwx, dwh, dp, np.concatenate([d.sum(axis=0) for d in da])


@style_of("batch_norm_backward")
def multiplies_out(dout, x, gamma, *, eps=1e-5):
    axes = (0, 2, 3)
    n = x[:, 0].size
    mean = x.sum(axis=axes, keepdims=True) / n
    var = ((x - mean) ** 2).sum(axis=axes, keepdims=True) / n + eps
    z = (x - mean) * var**-0.5
    dbeta, dgamma = dout.sum(axis=axes, keepdims=True), (dout * z).sum(axis=axes, keepdims=True)
    dx = gamma.reshape(1, -1, 1, 1) * var**-0.5 / n * (n * dout - dbeta - z * dgamma)
    return dx, dgamma.ravel(), dbeta.ravel()


@style_of("batch_norm_backward")
def stops_at_every_operation(dout, x, gamma, *, eps=1e-5):
    C = x.shape[1]
    rows = np.moveaxis(x, 1, -1).reshape(-1, C)
    d = np.moveaxis(dout, 1, -1).reshape(-1, C)
    n = len(rows)
    xmu = rows - np.mean(rows, axis=0)
    std = np.sqrt(np.mean(xmu * xmu, axis=0) + eps)
    ivar = 1 / std
    dbeta, dgamma = np.sum(d, axis=0), np.sum(d * xmu * ivar, axis=0)
    dxhat = d * gamma
    dsq = 0.5 * ivar * (-1 / std**2 * np.sum(dxhat * xmu, axis=0))
    dxmu = dxhat * ivar + 2 * xmu * (np.ones_like(rows) / n * dsq)
    dmu = -np.sum(dxmu, axis=0)
    drows = dxmu + np.ones_like(rows) / n * dmu
    shape = x.shape[0], *x.shape[2:], C
    return np.moveaxis(drows.reshape(shape), -1, 1), dgamma, dbeta


@style_of("correlate1d")
def multiplies_spectra(x, w, *, stride=1, pad=0):
    padded = np.pad(x.astype(float), pad)
    size = len(padded) + w.shape[1] - 1
    product = np.fft.rfft(padded, size) * np.fft.rfft(w[:, ::-1].astype(float), size, axis=1)
    full = np.fft.irfft(product, size, axis=1)
    out = full[:, w.shape[1] - 1 : len(padded) : stride]
    kind = np.result_type(x, w)
    return (out.round() if kind.kind == "i" else out).astype(kind)


@style_of("correlate1d")
def adds_a_tap_at_a_time(x, w, *, stride=1, pad=0):
    F, KW = w.shape
    WO = (x.size + 2 * pad - KW) // stride + 1
    big = np.zeros(x.size + 2 * pad, x.dtype)
    big[pad : pad + x.size] = x
    out = np.zeros((F, WO), np.result_type(x, w))
    for k in range(KW):
        out += w[:, k, None] * big[k : k + stride * (WO - 1) + 1 : stride]
    return out


@style_of("correlate2d")
def multiplies_two_spectra(x, w):
    H, W = x.shape
    KH, KW = w.shape
    product = np.fft.fft2(x.astype(float), (H, W)) * np.conj(np.fft.fft2(w.astype(float), (H, W)))
    out = np.fft.ifft2(product).real[: H - KH + 1, : W - KW + 1]
    kind = np.result_type(x, w)
    return (out.round() if kind.kind == "i" else out).astype(kind)


@style_of("correlate2d")
def writes_one_matrix(x, w):
    (H, W), (KH, KW) = x.shape, w.shape
    HO, WO = H - KH + 1, W - KW + 1
    matrix = np.zeros((HO, WO, H, W), w.dtype)
    for i in range(HO):
        for j in range(WO):
            matrix[i, j, i : i + KH, j : j + KW] = w
    return (matrix.reshape(HO * WO, -1) @ x.reshape(-1)).reshape(HO, WO)


@style_of("convolve2d")
def hands_each_pixel_out(x, w, *, stride=1, pad=0):
    (C, H, W), (F, _, KH, KW) = x.shape, w.shape
    if C != w.shape[1]:
        raise ValueError("other channels")
    full = np.zeros((F, H + KH - 1, W + KW - 1), np.result_type(x, w))
    for row in range(H):
        for column in range(W):
            full[:, row : row + KH, column : column + KW] += np.einsum(
                "c,fckm->fkm", x[:, row, column], w
            )
    big = np.pad(full, ((0, 0), (pad, pad), (pad, pad)))
    HO, WO = (H + 2 * pad - KH) // stride + 1, (W + 2 * pad - KW) // stride + 1
    rows, columns = (k - 1 + stride * np.arange(o) for k, o in ((KH, HO), (KW, WO)))
    return big[:, rows][:, :, columns]


@style_of("convolve2d")
def adds_channel_by_channel(x, w, *, stride=1, pad=0):
    HO, WO = (
        (s + 2 * pad - k) // stride + 1 for s, k in zip(x.shape[1:], w.shape[2:], strict=True)
    )
    maps = []
    for kernels in w:
        total = np.zeros((HO, WO), np.result_type(x, w))
        for channel, kernel in zip(x, kernels, strict=True):
            big = np.pad(channel, pad)
            for (k, m), weight in np.ndenumerate(kernel[::-1, ::-1]):
                rows = slice(k, k + stride * HO, stride)
                total = total + weight * big[rows, m : m + stride * WO : stride]
        maps.append(total)
    return np.stack(maps)


@style_of("conv2d_forward")
def strides_a_view(x, w, b, *, stride=1, pad=0):
    if x.shape[1] != w.shape[1] or len(b) != len(w):
        raise ValueError("other channels or filters")
    big = np.ascontiguousarray(np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)]))
    (N, C, H, W), (KH, KW) = big.shape, w.shape[2:]
    shape = N, C, (H - KH) // stride + 1, (W - KW) // stride + 1, KH, KW
    n, c, y, z = big.strides
    steps = n, c, stride * y, stride * z, y, z
    view = np.lib.stride_tricks.as_strided(big, shape, steps)
    return np.einsum("ncijkm,fckm->nfij", view, w, optimize=True) + b.reshape(1, -1, 1, 1)


@style_of("conv2d_forward")
def starts_from_the_bias(x, w, b, *, stride=1, pad=0):
    (N, C, H, W), (F, _, KH, KW) = x.shape, w.shape
    if C != w.shape[1] or b.shape != (F,):
        raise ValueError("other channels or filters")
    HO, WO = (H + 2 * pad - KH) // stride + 1, (W + 2 * pad - KW) // stride + 1
    out = np.zeros((N, F, HO, WO), np.result_type(x, w, b))
    out[:] = b[None, :, None, None]
    for i in range(HO):
        for j in range(WO):
            for k in range(KH):
                for m in range(KW):
                    row, column = i * stride + k - pad, j * stride + m - pad
                    if row in range(H) and column in range(W):
                        out[:, :, i, j] += x[:, :, row, column] @ w[:, :, k, m].T
    return out


@style_of("conv2d_backward")
def convolves_spread_gradients(dout, x, w, *, stride=1, pad=0):
    (N, C, H, W), (F, _, KH, KW) = x.shape, w.shape
    HO, WO = dout.shape[2:]
    spread = np.zeros((N, F, stride * (HO - 1) + 1, stride * (WO - 1) + 1), dout.dtype)
    spread[:, :, ::stride, ::stride] = dout
    big = np.pad(spread, ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
    view = np.lib.stride_tricks.sliding_window_view
    full = np.einsum("nfijkm,fckm->ncij", view(big, (KH, KW), axis=(2, 3)), w[:, :, ::-1, ::-1])
    dbig = np.zeros((N, C, H + 2 * pad, W + 2 * pad), x.dtype)
    dbig[:, :, : full.shape[2], : full.shape[3]] = full
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = view(padded, spread.shape[2:], axis=(2, 3))[:, :, :KH, :KW]
    dw = np.einsum("nckmij,nfij->fckm", windows, spread)
    return dbig[:, :, pad : pad + H, pad : pad + W], dw, np.einsum("nfij->f", dout)


@style_of("conv2d_backward")
def goes_tap_and_place(dout, x, w, *, stride=1, pad=0):
    (H, W), (F, _, KH, KW) = x.shape[2:], w.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for (k, m), (i, j) in (
        (tap, place) for tap in np.ndindex(KH, KW) for place in np.ndindex(*dout.shape[2:])
    ):
        row, column = i * stride + k - pad, j * stride + m - pad
        if 0 <= row < H and 0 <= column < W:
            dx[:, :, row, column] += dout[:, :, i, j] @ w[:, :, k, m]
            dw[:, :, k, m] += dout[:, :, i, j].T @ x[:, :, row, column]
    return dx, dw, dout.swapaxes(0, 1).reshape(F, -1).sum(axis=1)


@style_of("max_pool2d_forward")
def pools_rows_and_then_columns(x, kernel, *, stride, pad=0):
    for axis, size in ((2, kernel[0]), (3, kernel[1])):
        sides = [(pad, pad) if each == axis else (0, 0) for each in range(4)]
        x = np.pad(x, sides, constant_values=-np.inf)
        starts = range(0, x.shape[axis] - size + 1, stride)
        x = np.stack([x.take(range(s, s + size), axis).max(axis=axis) for s in starts], axis=axis)
    return x


@style_of("max_pool2d_forward")
def sorts_each_window(x, kernel, *, stride, pad=0):
    lowest = x.min() - 1
    big = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=lowest)
    windows = np.lib.stride_tricks.sliding_window_view(big, kernel, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return np.sort(windows.reshape(*windows.shape[:4], -1), axis=-1)[..., -1]


@style_of("max_pool2d_backward")
def compares_with_the_pixels_before(dout, x, kernel, *, stride, pad=0):
    (N, C), (KH, KW) = x.shape[:2], kernel
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*dout.shape[2:]):
        top, left = max(0, i * stride - pad), max(0, j * stride - pad)
        window = x[:, :, top : i * stride - pad + KH, left : j * stride - pad + KW]
        flat = window.reshape(N, C, -1)
        hit = (flat == flat.max(axis=2, keepdims=True)).cumsum(axis=2)
        first = (hit == 1) & (flat == flat.max(axis=2, keepdims=True))
        share = np.where(first, dout[:, :, i, j, None], 0).reshape(window.shape)
        dx[:, :, top : top + window.shape[2], left : left + window.shape[3]] += share
    return dx


@style_of("max_pool2d_backward")
def keeps_the_winners_in_a_list(dout, x, kernel, *, stride, pad=0):
    dx = np.zeros(x.shape, x.dtype)
    for (n, c, i, j), d in np.ndenumerate(dout):
        rows = range(max(0, i * stride - pad), min(x.shape[2], i * stride - pad + kernel[0]))
        columns = range(max(0, j * stride - pad), min(x.shape[3], j * stride - pad + kernel[1]))
        pixels = [(y, z) for y in rows for z in columns]
        winner = max(pixels, key=lambda at, image=x[n, c]: image[at])  # the first of equals
        dx[n, c][winner] += d
    return dx
