export { TakeNotices } from './take-notices.js';
