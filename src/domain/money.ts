/** Exact decimals and money. Nothing here passes through a float: `digits` × 10^-`scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const DECIMAL = /^([+-]?)(\d{1,100})(?:\.(\d{0,100}))?(?:[eE]([+-]?\d{1,3}))?$/;
const MONEY = /^([0-9.]+)\s*(wei|eth)?$/i;
const MAX_EXPONENT = 100;
const WEI_PER_ETH_SCALE = 18;
/** `numeric(78,0)`: the first amount that does not fit. */
const WEI_LIMIT = 10n ** 78n;

/** A decimal from text (`"0.000999"`, `"1e-7"`) or a finite number; null when it is neither. */
export function parseDecimal(value: unknown): Decimal | null {
  if (typeof value !== 'string' && typeof value !== 'number') {
    return null;
  }
  const match = DECIMAL.exec(String(value).trim());
  if (match === null) {
    return null;
  }
  const fraction = match[3] ?? '';
  const exponent = Number(match[4] ?? 0);
  if (Math.abs(exponent) > MAX_EXPONENT) {
    return null;
  }
  const magnitude = BigInt((match[2] ?? '') + fraction);
  const digits = match[1] === '-' ? -magnitude : magnitude;
  const scale = fraction.length - exponent;
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** Plain decimal text of a decimal, as `numeric` takes it. */
export function formatDecimal({ digits, scale }: Decimal): string {
  const isNegative = digits < 0n;
  const text = (isNegative ? -digits : digits).toString().padStart(scale + 1, '0');
  const point = text.length - scale;
  const plain = scale === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`;
  return isNegative ? `-${plain}` : plain;
}

/** Wei from `"N WEI"`, `"x ETH"`, a bare integer (wei) or a bare decimal (ETH); null when unusable or negative. */
export function parseWei(value: unknown): Decimal | null {
  const match = MONEY.exec(String(value ?? '').trim());
  const amount = match === null ? null : parseDecimal(match[1]);
  if (match === null || amount === null) {
    return null;
  }
  const unit = match[2]?.toLowerCase() ?? ((match[1] ?? '').includes('.') ? 'eth' : 'wei');
  return unit === 'wei'
    ? amount
    : amount.scale <= WEI_PER_ETH_SCALE
      ? { digits: amount.digits * 10n ** BigInt(WEI_PER_ETH_SCALE - amount.scale), scale: 0 }
      : { digits: amount.digits, scale: amount.scale - WEI_PER_ETH_SCALE };
}

export interface PaymentValue {
  readonly faceValueWei: bigint;
  readonly expectedValueWei: bigint;
  readonly ticketCount: number;
}

/**
 * Value of a payment in whole wei: face = faceValue × numTickets, expected = that × winProb, each computed exactly and
 * rounded half up once. Null when a part is unusable (winProb outside 0..1 too) or too large for the warehouse.
 */
export function valuePayment(faceValue: unknown, numTickets: unknown, winProb: unknown): PaymentValue | null {
  const face = parseWei(faceValue);
  const tickets = parseDecimal(numTickets);
  const probability = parseDecimal(winProb);
  if (face === null || tickets === null || probability === null) {
    return null;
  }
  const ticketCount = wholeNumber(tickets);
  const isProbability = probability.digits >= 0n && probability.digits <= 10n ** BigInt(probability.scale);
  if (ticketCount === null || !isProbability) {
    return null;
  }
  const total = face.digits * BigInt(ticketCount);
  const faceValueWei = divideHalfUp(total, 10n ** BigInt(face.scale));
  const expectedValueWei = divideHalfUp(total * probability.digits, 10n ** BigInt(face.scale + probability.scale));
  return faceValueWei < WEI_LIMIT ? { faceValueWei, expectedValueWei, ticketCount } : null;
}

/** Numerator and denominator not negative. */
function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

function wholeNumber({ digits, scale }: Decimal): number | null {
  const unit = 10n ** BigInt(scale);
  const whole = digits / unit;
  return digits >= 0n && digits % unit === 0n && whole <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(whole) : null;
}

/** True for a price such as `"1635.021 wei/pixel"` or a bare decimal. */
export function isPrice(value: unknown): boolean {
  return /^\d{1,60}(?:\.\d{1,60})?(?:\/\d{1,60})?\s*[a-z /]{0,40}$/i.test(String(value ?? '').trim());
}
