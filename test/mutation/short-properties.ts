/**
 * Run before each test file under mutation: a property is tried for so long only, and so many walks are made, as every mutant is
 * tried against them.
 */
import fc from 'fast-check';

const PROPERTY_MS = 200;
const WALKS = 100;

fc.configureGlobal({ interruptAfterTimeLimit: PROPERTY_MS });

process.env['WALKS'] = `${WALKS}`;
process.env['SEED'] = '1';
