// Sends a request to the address that the message names, and answers with the result.
export const handler = async (event) => {
  const { apiId, connectionId, domainName, stage } = event.requestContext;
  const { via } = JSON.parse(event.body);
  const other = 'abcdefghij.execute-api.eu-west-1.amazonaws.com';
  const host = { domain: domainName, public: `${apiId}.execute-api.${process.env.AWS_REGION}.amazonaws.com`, other }[via];
  const url = host ? `https://${host}/${stage}/@connections/${encodeURIComponent(connectionId)}` : via;
  const response = await fetch(url, { method: 'POST', body: 'posted' });
  return { statusCode: 200, body: `${response.status} ${await response.text()}` };
};
