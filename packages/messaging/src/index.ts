export { AttemptStore, MessageBus } from './message-bus.js';
export type {
  BusHealth,
  BusSubscription,
  Delivery,
  DeliveryContext,
  DeliveryHandler,
  ExchangeName,
  OutgoingMessage,
  ParkedMessage,
  QueueSettings,
  RpcCall,
  RpcResponder,
  SubscriptionSettings,
} from './message-bus.js';
