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
export type { BusLogger } from './bus-logger.js';
export { silentLogger } from './bus-logger.js';
export { eventMessage, routingKeyOf } from './event-message.js';
export { InProcessBroker } from './in-process/in-process-broker.js';
export { InProcessMessageBus } from './in-process/in-process-message-bus.js';
export type { InProcessBusSettings } from './in-process/in-process-message-bus.js';
export { MemoryAttemptStore } from './memory-attempt.store.js';
export { BusStrategy } from './nest/bus-strategy.js';
export type { BusStrategyParts } from './nest/bus-strategy.js';
export type { EventHandlerOptions } from './nest/handler-spec.js';
export { OnAnyEvent, OnEvent, OnRpc } from './nest/handlers.js';
export { listSubscriptions } from './nest/list-subscriptions.js';
export type { SubscriptionEntry } from './nest/list-subscriptions.js';
export { readAnyEvent, readEvent } from './nest/read-event.js';
export { RabbitMessageBus } from './rabbit/rabbit-message-bus.js';
export type { RabbitBusSettings } from './rabbit/rabbit-message-bus.js';
export { RpcClient } from './rpc/rpc-client.js';
export type { RpcCallOptions } from './rpc/rpc-client.js';
