/** For transactions whose statements take milliseconds: compiling them would take a hundred times as long. */
export const TRANSACTION_SETTINGS = `select set_config('jit', 'off', true)`;
