/**
 * Run before each test file under mutation: a property is tried few times, and few walks are made, as every mutant is tried against
 * them.
 */
import fc from 'fast-check';

const TIMES = 25;
const WALKS = 40;
/** For those that say themselves how often. One that was not tried once by then would fail: a slow machine needs some of it. */
const PROPERTY_MS = 1000;

fc.configureGlobal({ numRuns: TIMES, interruptAfterTimeLimit: PROPERTY_MS });
process.env['WALKS'] = `${WALKS}`;
process.env['SEED'] = '1';
