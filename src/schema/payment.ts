import { metric } from '../resolvers/metric.js';
import {
  type LinkMethod,
  type ListedPayment,
  type PaymentPage,
  type PaymentSums,
  payments,
  winProbability,
} from '../resolvers/payments.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { Entities } from './entities.js';
import { type Enums, storedEnum } from './enums.js';
import type { SessionType } from './session.js';
import type { Values } from './values.js';

interface Dependencies {
  readonly enums: Enums;
  readonly values: Values;
  readonly entities: Entities;
  readonly session: SessionType;
}

/** Payments of gateways to orchestrators: the list, and the payments of a session. */
export function definePayments(builder: Builder, { enums, values, entities, session }: Dependencies) {
  const PaymentRef = definePayment(builder, entities, session);
  definePaymentsOfSession(builder, PaymentRef, session);
  const PaymentConnection = definePaymentList(builder, PaymentRef, enums, values);
  return { Payment: PaymentRef, PaymentConnection };
}

export type PaymentType = ReturnType<typeof definePayment>;

function definePayment(builder: Builder, { Orchestrator }: Entities, session: SessionType) {
  const LinkMethodEnum = storedEnum<LinkMethod>(
    builder,
    'PaymentLinkMethod',
    'How a payment was linked to a session.',
    {
      request: 'Its own request names the session.',
      earlier: 'It follows the nearest earlier such payment of the same sender, recipient and payment session.',
      later: 'It precedes every such payment and follows the nearest later one.',
      none: 'Unlinked.',
    },
  );
  return builder.objectRef<ListedPayment>('Payment').implement({
    description: 'One payment of a gateway to an orchestrator: probabilistic tickets for work of a session.',
    fields: (t) => {
      const text = (description: string, of: (payment: ListedPayment) => string) =>
        t.string({ nullable: true, description, resolve: (payment) => of(payment) || null });
      return {
        paymentId: t.exposeString('id', { description: 'Public id, p_ and 24 hex digits.' }),
        paidAt: t.expose('paidAt', { type: 'DateTime', description: 'When it was made.' }),
        org: t.exposeString('org', { description: 'Organisation whose gateway paid.' }),
        eventId: t.exposeString('eventId', { description: 'The event that says so.' }),
        faceValueWei: t.expose('faceValueWei', {
          type: 'Wei',
          description: 'Face value of a ticket times the number of tickets.',
        }),
        expectedValueWei: t.expose('expectedValueWei', {
          type: 'Wei',
          description: 'What it is worth: face value times the probability to win, rounded half up to whole wei once.',
        }),
        ticketCount: t.field({
          type: 'Count',
          description: 'Tickets in it.',
          resolve: ({ ticketCount }) => Number(ticketCount),
        }),
        winProbability: t.field({
          type: 'Decimal',
          description: 'Probability of a ticket to win, 0–1, as exact as the gateway sent it.',
          resolve: winProbability,
        }),
        priceText: t.exposeString('price', {
          description: 'Price as the gateway sent it, such as `1635.021 wei/pixel`.',
        }),
        senderAddress: t.exposeString('sender', { description: 'On-chain address that pays, lower-case.' }),
        orchestratorAddress: text(
          'On-chain address that is paid; null when the payment has none.',
          (payment) => payment.orchestratorAddress,
        ),
        orchestrator: t.field({
          type: Orchestrator,
          nullable: true,
          description: 'The orchestrator that is paid; null when no capability report ever named it.',
          resolve: ({ orchestratorAddress }, _args, { loaders }) =>
            orchestratorAddress ? loaders.orchestrator.load(orchestratorAddress) : null,
        }),
        orchestratorUri: t.exposeString('orchestratorUri', {
          nullable: true,
          description: 'Service URI paid at; null when its host is private.',
        }),
        gateway: text('Public gateway name; null when unknown.', (payment) => payment.gateway),
        region: text('Region of the gateway; null when not configured.', (payment) => payment.region),
        pipeline: text(
          'Pipeline of its session, else what its manifest says; null when unknown.',
          (payment) => payment.pipeline,
        ),
        model: text(
          'Model of its session, else what its manifest says; null when unknown.',
          (payment) => payment.model,
        ),
        isSynthetic: t.exposeBoolean('isSynthetic', { description: 'Whether its session is test traffic.' }),
        linkMethod: t.expose('linkMethod', {
          type: LinkMethodEnum.type,
          description: 'How it was linked to its session.',
        }),
        sessionId: t.exposeString('sessionId', {
          nullable: true,
          description: 'Public id of its session; null when unlinked.',
        }),
        session: t.field({
          type: session,
          nullable: true,
          description: 'Its session; null when unlinked.',
          resolve: ({ sessionId }, _args, { loaders }) => (sessionId === null ? null : loaders.session.load(sessionId)),
        }),
        requestId: text('Request it names; null when none.', (payment) => payment.requestId),
        paymentSessionId: t.exposeString('paymentSessionId', {
          description: 'The payer’s own session id, constant over a chain of payments.',
        }),
        manifestId: t.exposeString('manifestId', {
          description: 'The payer’s manifest: capability id and model on a first payment, random later.',
        }),
      };
    },
  });
}

function definePaymentsOfSession(builder: Builder, Payment: PaymentType, session: SessionType): void {
  builder.objectField(session, 'payments', (t) =>
    t.field({
      type: [Payment],
      description: 'Its newest payments, newest first, at most 100; `payments(sessionId:)` pages through all.',
      resolve: async ({ sessionId }, _args, { loaders }) => [...(await loaders.sessionPayments.load(sessionId))],
    }),
  );
}

function definePaymentList(builder: Builder, Payment: PaymentType, enums: Enums, values: Values) {
  const Connection = defineConnection<ListedPayment, PaymentPage>(builder, {
    name: 'Payment',
    Node: Payment,
    words: { page: 'A page of payments.', edge: 'A payment and its position.', node: 'The payment.' },
    fields: (t) => ({
      totalCount: t.field({
        type: 'Count',
        description: 'Payments in the whole list.',
        resolve: (page) => page.totalCount(),
      }),
    }),
  });
  builder.queryField('payments', (t) =>
    t.field({
      type: Connection,
      nullable: true,
      description: 'Payments of gateways to orchestrators, newest first.',
      complexity: connectionCost,
      args: {
        paidIn: t.arg({
          type: values.TimeRangeInput,
          required: false,
          description: 'Half-open range of the payment’s time, not snapped; any by default.',
        }),
        where: t.arg({
          type: values.GrainFilter,
          required: false,
          description: 'What to keep; an orchestrator is the recipient. Everything by default.',
        }),
        isLinked: t.arg.boolean({
          required: false,
          description: 'Only linked, or only unlinked ones; both by default.',
        }),
        sessionId: t.arg.string({ required: false, description: 'Only payments for the session with this public id.' }),
        requestId: t.arg.string({ required: false, description: 'Only payments that name this request.' }),
        paymentSessionId: t.arg.string({ required: false, description: 'Only payments of this payer’s session.' }),
        senderAddress: t.arg.string({
          required: false,
          description: 'Only payments of this on-chain address, any case.',
        }),
        synthetic: t.arg({
          type: enums.Synthetic,
          required: false,
          description: 'Which traffic counts; EXCLUDE by default. An unlinked payment counts as real.',
        }),
        ascending: t.arg.boolean({ required: false, description: 'Oldest first; false by default.' }),
        ...pageArguments(builder),
      },
      resolve: (_root, args, context) => payments(context, args),
    }),
  );
  return Connection;
}

/** What sums over payments are called and mean. */
export function definePaymentTotals(builder: Builder, values: Values) {
  return builder.objectRef<PaymentSums>('PaymentTotals').implement({
    description: 'Sums over payments, exact to the wei.',
    fields: (t) => ({
      expectedValueWei: t.expose('expectedValueWei', {
        type: 'Wei',
        description: 'What was paid: expected values of the payments, each rounded to whole wei once.',
      }),
      faceValueWei: t.expose('faceValueWei', { type: 'Wei', description: 'Face values of all tickets, won or not.' }),
      linkedExpectedValueWei: t.expose('linkedExpectedValueWei', {
        type: 'Wei',
        description: 'Expected value of the payments that are linked to a session.',
      }),
      linkedFaceValueWei: t.expose('linkedFaceValueWei', {
        type: 'Wei',
        description: 'Face value of the payments that are linked to a session.',
      }),
      paymentCount: t.expose('paymentCount', { type: 'Count', description: 'Payments.' }),
      linkedCount: t.expose('linkedCount', { type: 'Count', description: 'Payments linked to a session.' }),
      unlinkedCount: t.field({
        type: 'Count',
        description: 'Payments that no session is known for.',
        resolve: ({ paymentCount, linkedCount }) => paymentCount - linkedCount,
      }),
      ticketCount: t.expose('ticketCount', { type: 'Count', description: 'Tickets in the payments.' }),
      linkedRatio: t.field({
        type: values.Metric,
        description: 'Share of payments linked to a session, 0–1; null without payments.',
        resolve: ({ paymentCount, linkedCount }) =>
          metric('RATIO', paymentCount > 0 ? linkedCount / paymentCount : null, paymentCount),
      }),
    }),
  });
}
