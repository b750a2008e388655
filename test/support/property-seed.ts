import fc from 'fast-check';

/**
 * One seed for every property, so that a run of the tests says something about the code and nothing about luck.
 * `NAAP_PROPERTY_SEED` is another seed, or `random` for a new one each time, to look further.
 */
const told = process.env.NAAP_PROPERTY_SEED;
if (told !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(told ?? 20_260_108) });
