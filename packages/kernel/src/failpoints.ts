/**
 * Named places at which a fault campaign may end the process, to prove that a kill at any line loses
 * nothing. Production binds `NoFailpoints`.
 */
export abstract class Failpoints {
  abstract hit(name: string): void;
}

export class NoFailpoints extends Failpoints {
  override hit(): void {
    // Deliberately nothing: the fault campaign binds another one.
  }
}
