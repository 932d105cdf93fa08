export function Logo() {
  return (
    <span className="logo">
      <img src="/icon.svg" width="24" height="24" alt="" />
      Sluice
    </span>
  );
}
